// Every test starts processes and waits for spans of time: side by side they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
