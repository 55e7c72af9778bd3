"""Running a plan: stage, audit and publish, one chunk of partitions at a time."""
