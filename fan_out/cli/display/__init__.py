"""What the commands show: the bar, the summary, the result, the failure, the steps."""
