import json

def lambda_handler(event, context):
    
    totalProcessRecordCount = 105
    oneJobProcessMaxCount = 10
    
    jobCount = totalProcessRecordCount // oneJobProcessMaxCount
    
    controlInfoList = []
    for jobIndex in range(jobCount):
        controlInfo = {
            'oneJobProcessingCount': oneJobProcessMaxCount,
            'offset': jobIndex * oneJobProcessMaxCount
        }
        controlInfoList.append(controlInfo)
    
    if totalProcessRecordCount % oneJobProcessMaxCount != 0:
        controlInfo = {
            'oneJobProcessingCount': totalProcessRecordCount % oneJobProcessMaxCount,
            'offset': jobCount * oneJobProcessMaxCount
        }
        controlInfoList.append(controlInfo)
    
    return controlInfoList
