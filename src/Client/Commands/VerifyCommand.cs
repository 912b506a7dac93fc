using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>verify</c>: every byte of a directory against its plan and its digests; <c>--repair</c> mends what is wrong.</summary>
internal static class VerifyCommand
{
    private const int ShownNames = 5;

    private static readonly Positional s_directory = new("DIR", "a directory that init has written");

    public static readonly CommandSpec Spec = new("verify", "Check every byte of DIR: structure and coverage from the plan, values by their digests or by regenerating them.",
        "verify /data/init --values", [s_directory], [Flags.Values, Flags.Repair, Flags.Threads, Flags.Lanes, Flags.Device, Flags.Plugin, Flags.Json, Flags.Quiet], Run);

    private static int Run(Invocation given)
    {
        string directory = given.Word(s_directory);
        using Interruption interruption = new();
        Checkpoint checkpoint;
        try
        {
            checkpoint = CheckpointWord.Open(directory);
        }
        catch (ShardFormatException exception) when (!exception.IsOfNewerRelease)
        {
            return WithoutPlan(given, new Defect(Path.GetFileName(exception.Path), null, null, DefectKinds.BadPlan, exception.Message),
                $"{exception.Message}; nothing else can be checked without it: restore it from a copy, or run init with the same inputs into another directory and copy its {CheckpointFiles.Plan}");
        }
        catch (MissingPlanException exception)
        {
            return WithoutPlan(given, new Defect(CheckpointFiles.Plan, null, null, DefectKinds.MissingFile, "the file is missing"), exception.Message);
        }
        using (checkpoint)
        {
            Plan plan = checkpoint.Plan;
            // Plain verification takes no value, so it needs no code of the user.
            PlanValues? values = given.Has(Flags.Values) || given.Has(Flags.Repair) ? new(plan, Planned.Values(given, null, Planned.Plugins(given), interruption.Token)) : null;
            VerificationReport report = Verify(given, checkpoint, values, interruption.Token);
            Show(given, report.Defects);
            if (report.IsSound || !given.Has(Flags.Repair) || values is null) return Conclude(given, directory, plan, report, report, filesRepaired: 0);
            RepairReport repair = Mend(given, directory, report, values, interruption.Token);
            foreach (string failure in repair.Failures) given.Terminal.Error(failure);
            return Conclude(given, directory, plan, report, repair.After, repair.FilesWritten);
        }
    }

    private static int WithoutPlan(Invocation given, Defect defect, string message)
    {
        Show(given, [defect]);
        if (given.Has(Flags.Json)) ShowTotalsWithoutPlan(given);
        given.Terminal.Error(message);
        return ExitCode.Defects;
    }

    private static VerificationReport Verify(Invocation given, Checkpoint checkpoint, PlanValues? values, CancellationToken cancel)
    {
        EngineProgress progress = new();
        using ProgressReport report = new(given.Terminal, progress, "verifying");
        return Verification.Run(checkpoint, given.Has(Flags.Values) ? values : null, Planned.Threads(given), progress, cancel);
    }

    private static RepairReport Mend(Invocation given, string directory, VerificationReport before, PlanValues values, CancellationToken cancel)
    {
        EngineProgress progress = new();
        using ProgressReport report = new(given.Terminal, progress, "repairing");
        try
        {
            return Repair.Run(directory, before, values, Planned.Threads(given), progress, cancel);
        }
        catch (ShardFormatException exception) when (!exception.IsOfNewerRelease)
        {
            return new RepairReport(progress.FilesDone, [exception.Message], before);
        }
    }

    private static void Show(Invocation given, IReadOnlyList<Defect> defects)
    {
        foreach (Defect defect in defects)
        {
            if (!given.Has(Flags.Json))
            {
                given.Terminal.Print(defect.ToString());
                continue;
            }
            given.Terminal.PrintJson(json =>
            {
                json.WriteString("file", defect.File);
                if (defect.Tile is { } tile) json.WriteNumber("tile", tile);
                else json.WriteNull("tile");
                json.WriteString("tensor", defect.Tensor);
                json.WriteString("kind", defect.Kind);
                json.WriteString("message", defect.Message);
            });
        }
    }

    // Of a directory whose plan cannot be read nothing more is known.
    private static void ShowTotalsWithoutPlan(Invocation given) => given.Terminal.PrintJson(json =>
    {
        json.WriteNull("plan_id");
        json.WriteNull("values_id");
        json.WriteBoolean("values_compared", false);
        json.WriteNumber("defects", 1);
        json.WriteNumber("files_repaired", 0);
        json.WriteNumber("defects_left", 1);
    });

    private static int Conclude(Invocation given, string directory, Plan plan, VerificationReport before, VerificationReport after, int filesRepaired)
    {
        int code = after.IsSound ? ExitCode.Done : after.Defects.Count > 0 ? ExitCode.Defects : ExitCode.Failed;
        PlanSummary summary = PlanSummary.Of(plan);
        if (given.Has(Flags.Json))
        {
            given.Terminal.PrintJson(json =>
            {
                json.WriteString("plan_id", plan.PlanId);
                json.WriteString("values_id", plan.ValuesId);
                json.WriteBoolean("sealed", after.IsSealed);
                json.WriteNumber("files", summary.Files);
                json.WriteNumber("tiles", summary.Tiles);
                json.WriteNumber("tensors", summary.Tensors);
                json.WriteNumber("bytes", summary.Bytes);
                json.WriteBoolean("values_compared", given.Has(Flags.Values));
                json.WriteNumber("defects", before.Defects.Count);
                json.WriteNumber("files_missing", after.Missing.Count(name => name.EndsWith(".arrow", StringComparison.Ordinal) && name != CheckpointFiles.Index));
                json.WriteNumber("files_repaired", filesRepaired);
                json.WriteNumber("defects_left", after.Defects.Count);
            });
        }
        string how = given.Has(Flags.Values) ? "every byte compared with regenerated ones" : "structure compared with the plan, values with their digests";
        if (code == ExitCode.Done)
        {
            string mended = before.IsSound ? "" : before.Defects.Count == 0 ? $"completed by writing {Human.Plural(filesRepaired, "file")}; " : $"mended {Human.Plural(before.Defects.Count, "defect")} by writing {Human.Plural(filesRepaired, "file")} again; ";
            given.Terminal.Say($"{directory}: {mended}sound: {Human.Plural(summary.Files, "file")}, {Human.Plural(summary.Tiles, "tile")}, {Human.Count(summary.Bytes)} bytes of values, seed {plan.Seed}; {how}");
            return code;
        }
        if (after.Defects.Count > 0)
        {
            bool tried = given.Has(Flags.Repair);
            given.Terminal.Error($"{directory}: {Human.Plural(after.Defects.Count, "defect")}{(tried ? " left after repair" : "")}, the first: {after.Defects[0]}; "
                + (tried ? "what is left has to be removed or restored by hand" : after.Defects.All(defect => defect.Kind == DefectKinds.ForeignFile) ? "remove it by hand, repair leaves such files alone" : $"mend with '{Cli.ProgramName} verify {directory} --repair'"));
        }
        if (!after.IsSealed)
        {
            string names = string.Join(", ", after.Missing.Take(ShownNames)) + (after.Missing.Count > ShownNames ? $" and {after.Missing.Count - ShownNames} more" : "");
            given.Terminal.Error($"{directory}: incomplete: {names} not written yet; continue with '{Cli.ProgramName} resume {directory}'");
        }
        return code;
    }
}
