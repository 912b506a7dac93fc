using ShardInit.Cluster;
using Xunit;

namespace ShardInit.Core.Tests.Cluster;

public class WaitingItemsTests
{
    [Fact]
    public void Jobs_take_turns_and_sealing_goes_first()
    {
        WaitingItems items = new();
        for (int number = 0; number < 4; number++) items.Add(number, "large", isFirst: false);
        items.Add(10, "small", isFirst: false);
        items.Add(20, "done", isFirst: true);
        items.Add(11, "small", isFirst: false);
        Assert.Equal(7, items.Count);
        List<int> taken = [];
        while (items.TryTake(out int number)) taken.Add(number);
        Assert.Equal([20, 0, 10, 1, 11, 2, 3], taken);
    }

    [Fact]
    public void One_job_keeps_its_order()
    {
        WaitingItems items = new();
        Assert.False(items.TryTake(out _));
        foreach (int number in new[] { 5, 3, 9 }) items.Add(number, "job", isFirst: false);
        List<int> taken = [];
        while (items.TryTake(out int number)) taken.Add(number);
        Assert.Equal([5, 3, 9], taken);
    }
}
