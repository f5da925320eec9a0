def lambda_handler(event, context):
    oneJobProcessingCount = int(event['oneJobProcessingCount'])
    offset = int(event['offset'])
    
    processed = []
    for i in range(oneJobProcessingCount):
        processed.append(offset + i)
        
    return processed
