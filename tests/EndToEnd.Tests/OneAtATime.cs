// Whole stacks on one machine: side by side they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
