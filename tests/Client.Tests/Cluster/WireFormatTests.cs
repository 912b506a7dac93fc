using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Grains;
using ShardInit.Storage;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>Everything that silos and clients send each other arrives as it was sent.</summary>
public sealed class WireFormatTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer(builder => builder.AddShardInit()).BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    /// <summary>Types in signatures of grain interfaces, without tasks and without what Orleans knows by itself.</summary>
    public static TheoryData<Type> SentTypes()
    {
        IEnumerable<Type> interfaces = typeof(IJobGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.Name.EndsWith("Grain", StringComparison.Ordinal)
            || type.IsInterface && type.GetMethods().Any(method => typeof(Task).IsAssignableFrom(method.ReturnType)) && type.IsPublic);
        HashSet<Type> sent = [];
        foreach (MethodInfo method in interfaces.SelectMany(type => type.GetMethods()))
        {
            foreach (ParameterInfo parameter in method.GetParameters()) sent.Add(parameter.ParameterType);
            if (method.ReturnType.IsGenericType) sent.Add(method.ReturnType.GetGenericArguments()[0]);
        }
        Assert.Contains(typeof(JobOrder), sent);
        Assert.Contains(typeof(JobsView), sent);
        return [.. sent.OrderBy(type => type.ToString(), StringComparer.Ordinal)];
    }

    [Theory]
    [MemberData(nameof(SentTypes))]
    public void What_interfaces_name_makes_the_round_trip(Type type)
    {
        object value = Samples.Of(type);
        Assert.Equal(Samples.Text(value), Samples.Text(RoundTrip(value)));
        Assert.Equal(Samples.Text(value), Samples.Text(Copy(value)));
    }

    [Fact]
    public void Lists_that_the_compiler_makes_arrive_as_lists()
    {
        ListedJob one = new("a", "b");
        foreach (IReadOnlyList<ListedJob> list in (IReadOnlyList<ListedJob>[])[[], [one], [one, one], [.. Enumerable.Repeat(one, 3).Where(_ => true)]])
        {
            Assert.Equal(list, Assert.IsAssignableFrom<IReadOnlyList<ListedJob>>(RoundTrip(list)));
            Assert.Equal(list, Assert.IsAssignableFrom<IReadOnlyList<ListedJob>>(Copy(list)));
        }
        IReadOnlyList<string?> withNull = ["a", null];
        Assert.Equal(withNull, RoundTrip(withNull));
    }

    [Fact]
    public void Members_that_a_newer_release_added_are_passed_over_and_numbers_need_not_be_finite()
    {
        JobView view = (JobView)Samples.Of(typeof(JobView));
        JobView rate = view with { RateBytesPerSecond = double.PositiveInfinity };
        Assert.Equal(rate.RateBytesPerSecond, ((JobView)RoundTrip(rate)).RateBytesPerSecond);
    }

    [Fact]
    public void Refusals_keep_their_kind_and_their_words()
    {
        PlanException plan = Assert.IsType<PlanException>(RoundTrip(new PlanException(["one", "two"])));
        Assert.Equal(["one", "two"], plan.Message.Split(Environment.NewLine));
        Assert.Equal("no tenant", Assert.IsType<UnauthorizedAccessException>(RoundTrip(new UnauthorizedAccessException("no tenant"))).Message);
        Assert.Contains("why", Assert.IsType<ShardFormatException>(RoundTrip(new ShardFormatException(ShardFormatCode.BadPlan, "plan.json", "why"))).Message);
    }

    private object RoundTrip(object value)
    {
        Serializer serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<object>(serializer.SerializeToArray<object>(value))!;
    }

    private object Copy(object value) => _services.GetRequiredService<DeepCopier>().Copy<object>(value)!;
}
