using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ShardInit.Engine;
using ShardInit.Planning;

namespace ShardInit.Ranks;

/// <summary>
/// In which order one rank works: first its own share, then everybody else's files in an order of its own. Only an order: whatever the numbers of rank and world, every file is in it.
/// </summary>
/// <param name="Files">Indices into <see cref="Plan.Files"/>, each once.</param>
/// <param name="OwnCount">How many of them, from the start, are the rank's own share.</param>
public sealed record ShareOrder(IReadOnlyList<int> Files, int OwnCount)
{
    /// <summary>What a file costs beside its bytes (creating, flushing, naming), as bytes that could be written in that time: so that shares of small files are balanced as well.</summary>
    private const long FileCost = 1 << 20;

    /// <summary>Shares are runs of files in the order of the plan, balanced by bytes to within one file.</summary>
    /// <param name="rank">0 to <paramref name="world"/> - 1.</param>
    public static ShareOrder Of(Plan plan, int rank, int world)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(world, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, world);
        int[] ranks = Ranks(plan, world);
        int[] own = [.. Enumerable.Range(0, ranks.Length).Where(file => ranks[file] == rank)];
        int[] others = [.. Enumerable.Range(0, ranks.Length).Where(file => ranks[file] != rank)];
        // Ranks that help at the same time should meet seldom. What the order is does not matter, so the library's generator will do.
        new System.Random(Seed(plan, rank)).Shuffle(others);
        return new ShareOrder([.. own, .. others], own.Length);
    }

    /// <summary>For each file the rank whose share it is: the one in whose part of the whole cost its middle lies.</summary>
    private static int[] Ranks(Plan plan, int world)
    {
        long[] costs = [.. Enumerable.Range(0, plan.Files.Length).Select(file => checked(LocalEngine.ValueBytes(plan, file) + FileCost))];
        Int128 total = costs.Aggregate((Int128)0, (sum, cost) => sum + cost), before = 0;
        int[] ranks = new int[costs.Length];
        for (int file = 0; file < costs.Length; file++)
        {
            ranks[file] = (int)(((2 * before) + costs[file]) * world / (2 * total));
            before += costs[file];
        }
        return ranks;
    }

    private static int Seed(Plan plan, int rank) => BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{plan.PlanId} {rank}")));
}
