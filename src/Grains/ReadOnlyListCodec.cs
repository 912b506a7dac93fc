using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace ShardInit.Grains;

/// <summary>
/// For <c>IReadOnlyList&lt;T&gt; list = [a, b]</c> the compiler makes a class of its own, without a name that the other side could know. Orleans would refuse to send it, and only when
/// it meets one. Here such a list travels as the array that it stands for.
/// </summary>
internal sealed class ReadOnlyListCodec(ICodecProvider codecs, IDeepCopierProvider copiers) : IGeneralizedCodec, IGeneralizedCopier, ITypeFilter
{
    public bool IsSupportedType(Type type) => ElementOf(type) is not null;

    public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, [AllowNull] Type expectedType, [AllowNull] object value) where TBufferWriter : IBufferWriter<byte>
    {
        if (value is null)
        {
            ReferenceCodec.WriteNullReference(ref writer, fieldIdDelta);
            return;
        }
        Array items = ToArray(value);
        codecs.GetCodec(items.GetType()).WriteField(ref writer, fieldIdDelta, expectedType, items);
    }

    /// <summary>Never called: what is written says that it is an array.</summary>
    public object ReadValue<TInput>(ref Reader<TInput> reader, Field field) => throw new NotSupportedException($"expected an array, found a field of type {field.FieldType}");

    [return: NotNullIfNotNull(nameof(input))]
    public object? DeepCopy(object? input, CopyContext context)
    {
        if (input is null) return null;
        Array items = ToArray(input);
        return copiers.GetDeepCopier(items.GetType()).DeepCopy(items, context);
    }

    /// <summary>Element type of a list that the compiler made; null for every other type.</summary>
    private static Type? ElementOf(Type type) =>
        type is { Namespace: null, IsGenericType: true } && type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
            ? type.GetInterfaces().FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))?.GetGenericArguments()[0]
            : null;

    private static Array ToArray(object list)
    {
        System.Collections.ICollection items = (System.Collections.ICollection)list;
        Array array = Array.CreateInstance(ElementOf(list.GetType())!, items.Count);
        items.CopyTo(array, 0);
        return array;
    }
}
