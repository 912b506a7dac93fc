using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// What turns a configuration into tensors: one small file per kind of model, which registers itself. Logical names and their shapes are frozen
/// with the release that brings the family, because they derive the values.
/// </summary>
/// <param name="ModelType">The <c>model_type</c> of its configurations.</param>
/// <param name="Architectures">The entries of <c>architectures</c> that it builds; the first one is meant where the key is missing.</param>
/// <param name="Describe">Reads the configuration and adds every tensor and tie; returns the number of layers.</param>
public sealed record Family(string ModelType, string[] Architectures, Func<ConfigReader, ModelBuilder, int> Describe);
