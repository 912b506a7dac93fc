"""Writes the tables of this folder: for each recipe, what a real configuration of its family must get, computed from the formulas of the sources named, with nothing of this project.
Run: python3 make.py (in this folder). A line: a logical name ({i}, {e} and {j} stand for any number), the distribution, its numbers."""
import json
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
sqrt, inf = math.sqrt, math.inf


def config(name):
    with open(os.path.join(HERE, "..", "tensors", name + ".config.json")) as file:
        return json.load(file)


N = lambda std: ("normal", 0.0, std)
C = lambda value: ("constant", float(value))
ONE, ZERO = C(1), C(0)
U = lambda bound: ("uniform", -bound, bound)
CUT = lambda std, k: ("truncated_normal", 0.0, std, -k * std, k * std)      # bounds in deviations
TRUNC = lambda std: ("truncated_normal", 0.0, std, -2.0, 2.0)               # torch: bounds are values
XU = lambda fin, fout, gain=1.0: U(gain * sqrt(6 / (fin + fout)))
XN = lambda fin, fout, gain=1.0: N(gain * sqrt(2 / (fin + fout)))
LINEAR = lambda fin, times=1.0: U(times / sqrt(fin))                        # kaiming_uniform_(a=sqrt(5))


def table(recipe, model, source, rows, sets=(), part=""):
    with open(os.path.join(HERE, recipe + part + ".tsv"), "w") as file:
        file.write(f"# recipe {recipe}\n# model {model}\n")
        for item in sets:
            file.write(f"# set {item}\n")
        file.write(f"# source {source}\n")
        for pattern, (kind, *numbers) in rows:
            if kind in ("expression", "table"):
                numbers.sort()                                                  # their formulas are the project's own
            file.write("\t".join([pattern, kind, *(repr(float(x)) for x in numbers)]) + "\n")


def llama(p, norm=ONE, tied=False, up=None, embed=None, head=None):
    """Names of a llama: p gives the distribution of q, k, v, o, gate, up, down for a layer ({i} where layers are alike)."""
    rows = [("model.embed_tokens.weight", embed), ("model.norm.weight", norm)] + ([] if tied else [("lm_head.weight", head)])
    for layer, part in p.items():
        at = f"model.layers.{layer}."
        rows += [(at + "input_layernorm.weight", norm), (at + "post_attention_layernorm.weight", norm)]
        rows += [(at + f"self_attn.{x}_proj.weight", part[x]) for x in "qkvo"]
        rows += [(at + f"mlp.{x}_proj.weight", part[x]) for x in ("gate", "up", "down")]
    return rows


def alike(inner, out=None, up=None):
    return {**{x: inner for x in ("q", "k", "v", "gate")}, "up": up or inner, "o": out or inner, "down": out or inner}


# Llama 3.1 8B: d 4096, feed-forward 14336, 32 layers.
L, d, ff, V = 32, 4096, 14336, 128256
n = N(0.02)
table("megatron", "llama-3.1-8b", "NVIDIA/Megatron-LM transformer_config.py, utils.py: sigma 0.02, outputs sigma/sqrt(2L)", llama({"{i}": alike(n, N(0.02 / sqrt(2 * L)))}, embed=n, head=n))
depth = lambda l: TRUNC(0.02 / sqrt(2 * (l + 1)))
table("torchtitan", "llama-3.1-8b", "pytorch/torchtitan models/llama3, common/param_init.py: 0.02; wo, w2, w3 0.02/sqrt(2(layer+1)); head d^-1/2 cut at 3 std",
      llama({l: alike(TRUNC(0.02), depth(l), depth(l)) for l in range(L)}, embed=N(1.0), head=CUT(d ** -0.5, 3)))

g = config("gpt-oss-20b")
rows = [("model.embed_tokens.weight", n), ("lm_head.weight", CUT(g["hidden_size"] ** -0.5, 3)), ("model.norm.weight", ONE)]
for l in range(g["num_hidden_layers"]):
    at = f"model.layers.{l}."
    rows += [(at + x, depth(l)) for x in [f"self_attn.{y}_proj.weight" for y in "qkvo"] + ["self_attn.sinks", "mlp.router.weight"]]
    rows += [(at + f"mlp.experts.{{e}}.{x}_proj.{y}", depth(l)) for x in ("gate", "up", "down") for y in ("weight", "bias")]
    rows += [(at + x, ZERO) for x in [f"self_attn.{y}_proj.bias" for y in "qkvo"] + ["mlp.router.bias"]]
    rows += [(at + x, ONE) for x in ("input_layernorm.weight", "post_attention_layernorm.weight")]
table("torchtitan", "gpt-oss-20b", "pytorch/torchtitan models/gpt_oss: embedding 0.02; attention, sinks, experts and their biases by depth", rows, part=".gpt-oss")
at = "model.layers.{i}."
table("gpt-oss", "gpt-oss-20b", "huggingface/transformers modular_gpt_oss.py: sinks, router and its bias N(0, range^2); biases of experts and attention 0",
      [("model.embed_tokens.weight", n), ("lm_head.weight", n), ("model.norm.weight", ONE)]
      + [(at + x, n) for x in [f"self_attn.{y}_proj.weight" for y in "qkvo"] + ["self_attn.sinks", "mlp.router.weight", "mlp.router.bias"]]
      + [(at + f"mlp.experts.{{e}}.{x}_proj.weight", n) for x in ("gate", "up", "down")] + [(at + f"mlp.experts.{{e}}.{x}_proj.bias", ZERO) for x in ("gate", "up", "down")]
      + [(at + f"self_attn.{y}_proj.bias", ZERO) for y in "qkvo"] + [(at + x, ONE) for x in ("input_layernorm.weight", "post_attention_layernorm.weight")])

# The sizes of OLMo 7B (no norm parameters there) with the names of a llama: d 4096, feed-forward 11008, 32 layers.
ol = 11008
with open(os.path.join(HERE, "olmo-7b.config.json"), "w") as file:
    json.dump(dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=d, intermediate_size=ol, num_hidden_layers=L, num_attention_heads=32, num_key_value_heads=32, vocab_size=50304,
                   initializer_range=0.02, tie_word_embeddings=False), file, indent=1)
m = CUT(d ** -0.5, 3)
p = {}
for l in range(L):
    p[l] = alike(m)
    p[l]["o"], p[l]["down"] = CUT(1 / sqrt(2 * d * (l + 1)), 3), CUT(1 / sqrt(2 * ol * (l + 1)), 3)
table("olmo-mitchell", "olmo-7b", "allenai/OLMo olmo/initialization.py, init_fn mitchell", llama(p, embed=m, head=m))
o = CUT(0.02, 3)
table("olmo-normal", "olmo-7b", "allenai/OLMo, init_fn normal, cut-off 3 (official OLMo-2)", llama({"{i}": alike(o)}, embed=o, head=o))
table("olmo-full-megatron", "olmo-7b", "allenai/OLMo, init_fn full_megatron", llama({"{i}": alike(o, CUT(0.02 / sqrt(2 * L), 3))}, embed=o, head=CUT(d ** -0.5, 3)))


def neox(inner, out, embed, head):
    at = "gpt_neox.layers.{i}."
    rows = [("gpt_neox.embed_in.weight", embed), ("embed_out.weight", head), ("gpt_neox.final_layer_norm.weight", ONE), ("gpt_neox.final_layer_norm.bias", ZERO)]
    for norm in ("input_layernorm", "post_attention_layernorm"):
        rows += [(at + norm + ".weight", ONE), (at + norm + ".bias", ZERO)]
    for name, what in [("attention.query", inner), ("attention.key", inner), ("attention.value", inner), ("attention.dense", out), ("mlp.dense_h_to_4h", inner), ("mlp.dense_4h_to_h", out)]:
        rows += [(at + name + ".weight", what), (at + name + ".bias", ZERO)]
    return rows


small = N(sqrt(2 / (5 * 6144)))
table("small-init-wang", "gpt-neox-20b", "EleutherAI/gpt-neox init_functions.py: sqrt(2/(5d)), outputs 2/(L sqrt(d)); d 6144, L 44", neox(small, N(2 / (44 * sqrt(6144))), small, small))

six, at, x = N(0.006), "model.layers.{i}.", "mlp.experts.{e}."
table("deepseek", "deepseek-v3", "arXiv 2412.19437 section 4.2: all parameters N(0, 0.006^2)",
      [("model.embed_tokens.weight", six), ("lm_head.weight", six), ("model.norm.weight", ONE), (at + "mlp.gate.e_score_correction_bias", ZERO)]
      + [(at + f"{y}.weight", ONE) for y in ("input_layernorm", "post_attention_layernorm", "self_attn.q_a_layernorm", "self_attn.kv_a_layernorm")]
      + [(at + f"self_attn.{y}.weight", six) for y in ("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj")]
      + [(at + f"{z}{y}_proj.weight", six) for y in ("gate", "up", "down") for z in ("mlp.", "mlp.shared_experts.", x)] + [(at + "mlp.gate.weight", six)])

table("gemma", "gemma-2-2b", "huggingface/transformers modeling_gemma2.py: N(0, 0.02^2), norm weights 0 (they multiply by 1 + w)",
      llama({"{i}": alike(n)}, norm=ZERO, tied=True, embed=n) + [(f"model.layers.{{i}}.{y}_feedforward_layernorm.weight", ZERO) for y in ("pre", "post")])


def t5(embed, position, parts):
    """parts: for encoder and decoder the distributions of q, k, v, o, wi, wo."""
    rows = [("shared.weight", embed)]
    for side in ("encoder", "decoder"):
        at, q = f"{side}.block.{{i}}.layer.{{j}}.", parts[side]
        rows += [(f"{side}.final_layer_norm.weight", ONE), (at + "layer_norm.weight", ONE), (at + "SelfAttention.relative_attention_bias.weight", position)]
        for attention in ("SelfAttention", "EncDecAttention")[: 1 if side == "encoder" else 2]:
            rows += [(at + f"{attention}.{y}.weight", q[y]) for y in "qkvo"]
        rows += [(at + f"DenseReluDense.{y}.weight", q[y]) for y in ("wi", "wo")]
    return rows


# T5-small: d 512, h d_kv = 8 x 64 = 512, d_ff 2048, 6 + 6 layers.
hf = dict(q=N((512 * 64) ** -0.5), k=N(512 ** -0.5), v=N(512 ** -0.5), o=N(512 ** -0.5), wi=N(512 ** -0.5), wo=N(2048 ** -0.5))
table("t5", "t5-small", "huggingface/transformers modeling_t5.py, initializer_factor 1", t5(N(1.0), N(512 ** -0.5), dict(encoder=hf, decoder=hf)))


def tfixup(scale):
    gain = sqrt(0.5)
    return dict(q=XU(512, 512, gain), k=XU(512, 512, gain), v=XU(512, 512, scale), o=XU(512, 512, scale), wi=XU(512, 2048, scale), wo=XU(2048, 512, scale))


table("t-fixup", "t5-small", "layer6ai-labs/T-Fixup transformer_layer.py, transformer.py: encoder 0.67 N^-1/4, decoder (9N)^-1/4, embeddings d^-1/2 (9N)^-1/4; N 6",
      t5(N(512 ** -0.5 * (9 * 6) ** -0.25), N(8 ** -0.5), dict(encoder=tfixup(0.67 * 6 ** -0.25), decoder=tfixup((9 * 6) ** -0.25))))


def deepnorm(beta, d=512, ff=2048):
    gain = sqrt(0.5)
    return dict(q=XU(d, d, gain), k=XU(d, d, gain), v=XU(d, d, gain * beta), o=XU(d, d, beta), wi=LINEAR(d, beta), wo=LINEAR(ff, beta))


table("deepnorm", "t5-small", "microsoft/torchscale encoder.py, decoder.py: encoder 1.15 (N^4 M)^-1/16, decoder (12M)^-1/4; N = M = 6",
      t5(N(512 ** -0.5), N(8 ** -0.5), dict(encoder=deepnorm(1.15 / (6 ** 4 * 6) ** (1 / 16)), decoder=deepnorm((12 * 6) ** -0.25))))


def bert(q, k, v, o, wi, wo, embed, transform):
    at = "bert.encoder.layer.{i}."
    rows = [("bert.embeddings." + y + "_embeddings.weight", embed) for y in ("word", "position", "token_type")] + [("cls.predictions.bias", ZERO)]
    for norm in ("bert.embeddings.LayerNorm", at + "attention.output.LayerNorm", at + "output.LayerNorm", "cls.predictions.transform.LayerNorm"):
        rows += [(norm + ".weight", ONE), (norm + ".bias", ZERO)]
    for name, what in [("attention.self.query", q), ("attention.self.key", k), ("attention.self.value", v), ("attention.output.dense", o), ("intermediate.dense", wi), ("output.dense", wo)]:
        rows += [(at + name + ".weight", what), (at + name + ".bias", ZERO)]
    return rows + [("cls.predictions.transform.dense.weight", transform), ("cls.predictions.transform.dense.bias", ZERO)]


c = CUT(0.02, 2)
table("bert", "bert-base-uncased-mlm", "google-research/bert modeling.py create_initializer: truncated at 2 std, uncorrected", bert(c, c, c, c, c, c, c, c))
q = deepnorm((8 * 12) ** -0.25, 768, 3072)
table("deepnorm", "bert-base-uncased-mlm", "microsoft/torchscale encoder.py: encoder alone (8N)^-1/4, N = 12", bert(*q.values(), embed=N(768 ** -0.5), transform=LINEAR(768)), part=".bert")


def gpt2(inner, out, embed, tall=None, wide=None):
    at = "transformer.h.{i}."
    rows = [("transformer.wte.weight", embed), ("transformer.wpe.weight", embed), ("transformer.ln_f.weight", ONE), ("transformer.ln_f.bias", ZERO)]
    for norm in ("ln_1", "ln_2"):
        rows += [(at + norm + ".weight", ONE), (at + norm + ".bias", ZERO)]
    for name, what in [("attn.q_proj", inner), ("attn.k_proj", inner), ("attn.v_proj", inner), ("attn.c_proj", out), ("mlp.c_fc", tall or inner), ("mlp.c_proj", wide or out)]:
        rows += [(at + name + ".weight", what), (at + name + ".bias", ZERO)]
    return rows


table("gpt2", "gpt2", "openai/gpt-2 paper, huggingface modeling_gpt2.py: 0.02, c_proj 0.02/sqrt(2L), L 12", gpt2(n, N(0.02 / sqrt(24)), n))
s = ("sparse", 0.1, 0.0, 0.01)
table("sparse", "gpt2", "torch.nn.init.sparse_(0.1): N(0, 0.01^2), zeros in 10 % of each column", gpt2(s, s, n))

# CLIP ViT-B/32: text d 512, vision d 768, 12 layers each, factor 1.
rows = [("logit_scale", C(2.6592)), ("text_projection.weight", N(512 ** -0.5)), ("visual_projection.weight", N(768 ** -0.5))]
rows += [(f"text_model.embeddings.{y}_embedding.weight", n) for y in ("token", "position")]
rows += [("vision_model.embeddings.class_embedding", N(768 ** -0.5)), ("vision_model.embeddings.patch_embedding.weight", n), ("vision_model.embeddings.position_embedding.weight", n)]
for y in ("text_model.final_layer_norm", "vision_model.pre_layrnorm", "vision_model.post_layernorm"):
    rows += [(y + ".weight", ONE), (y + ".bias", ZERO)]
for tower, w in (("text", 512), ("vision", 768)):
    at = f"{tower}_model.encoder.layers.{{i}}."
    for y in ("layer_norm1", "layer_norm2"):
        rows += [(at + y + ".weight", ONE), (at + y + ".bias", ZERO)]
    within = N(w ** -0.5 * 24 ** -0.5)
    for y, what in [("self_attn.q_proj", within), ("self_attn.k_proj", within), ("self_attn.v_proj", within), ("self_attn.out_proj", N(w ** -0.5)), ("mlp.fc1", N((2 * w) ** -0.5)), ("mlp.fc2", within)]:
        rows += [(at + y + ".weight", what), (at + y + ".bias", ZERO)]
table("clip", "clip-vit-base-patch32", "huggingface/transformers modeling_clip.py", rows)


def vit(linear, patch, patch_bias, positions, token):
    at = "vit.encoder.layer.{i}."
    rows = [("vit.embeddings.cls_token", token), ("vit.embeddings.position_embeddings", positions), ("vit.embeddings.patch_embeddings.projection.weight", patch),
            ("vit.embeddings.patch_embeddings.projection.bias", patch_bias), ("classifier.weight", linear), ("classifier.bias", ZERO)]
    for y in ("vit.layernorm", at + "layernorm_before", at + "layernorm_after"):
        rows += [(y + ".weight", ONE), (y + ".bias", ZERO)]
    for y in ("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense", "intermediate.dense", "output.dense"):
        rows += [(at + y + ".weight", linear), (at + y + ".bias", ZERO)]
    return rows


table("vit", "vit-base-patch16-224", "huggingface/transformers modeling_vit.py, 5.23", vit(n, n, ZERO, TRUNC(0.02), TRUNC(0.02)))
patch = LINEAR(3 * 16 * 16)
table("vit-timm", "vit-base-patch16-224", "timm/models/vision_transformer.py, default mode", vit(TRUNC(0.02), patch, patch, TRUNC(0.02), N(1e-6)))

# Whisper tiny: d 384.
rows = [("model.encoder.embed_positions.weight", ("table", 192, math.log(10000) / (384 / 2 - 1))), ("model.decoder.embed_positions.weight", n), ("model.decoder.embed_tokens.weight", n)]
for y in ("conv1", "conv2"):
    rows += [(f"model.encoder.{y}.weight", n), (f"model.encoder.{y}.bias", ZERO)]
for side in ("encoder", "decoder"):
    at = f"model.{side}.layers.{{i}}."
    for attention in ("self_attn", "encoder_attn")[: 1 if side == "encoder" else 2]:
        for y in "qkv":
            rows += [(at + f"{attention}.{y}_proj.weight", n)] + ([] if y == "k" else [(at + f"{attention}.{y}_proj.bias", ZERO)])
        rows += [(at + f"{attention}.out_proj.weight", n), (at + f"{attention}.out_proj.bias", ZERO), (at + f"{attention}_layer_norm.weight", ONE), (at + f"{attention}_layer_norm.bias", ZERO)]
    for y in ("fc1", "fc2"):
        rows += [(at + y + ".weight", n), (at + y + ".bias", ZERO)]
    for y in (at + "final_layer_norm", f"model.{side}.layer_norm"):
        rows += [(y + ".weight", ONE), (y + ".bias", ZERO)]
table("whisper", "whisper-tiny", "huggingface/transformers modeling_whisper.py: N(0, init_std^2); sinusoids with C/2 - 1 in the encoder", rows)

# Mamba-2 130M: d 768, inner 1536, 24 layers; convolution of 4.
at = "backbone.layers.{i}.mixer."
table("mamba2", "mamba2-130m", "state-spaces/mamba mamba2.py, mixer_seq_simple.py",
      [("backbone.embeddings.weight", n), ("backbone.norm_f.weight", ONE), ("backbone.layers.{i}.norm.weight", ONE), (at + "norm.weight", ONE), (at + "D", ONE), (at + "in_proj.weight", LINEAR(768)),
       (at + "out_proj.weight", LINEAR(1536, 1 / sqrt(24))), (at + "conv1d.weight", LINEAR(4)), (at + "conv1d.bias", LINEAR(4)), (at + "A_log", ("expression", 16, 1)),
       (at + "dt_bias", ("expression", 1e-4, math.log(0.001), math.log(0.1) - math.log(0.001)))])


def resnet(blocks, bottleneck, conv, stem, fc, fc_bias):
    """conv(number of the convolution or 0 for downsampling, fan_in, fan_out)."""
    rows, inputs, grow = [("conv1.weight", stem), ("fc.weight", fc), ("fc.bias", fc_bias)], 64, 4 if bottleneck else 1

    def norm(at):
        rows.extend([(at + ".weight", ONE), (at + ".bias", ZERO), (at + ".running_mean", ZERO), (at + ".running_var", ONE), (at + ".num_batches_tracked", ZERO)])

    norm("bn1")
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            at = f"layer{stage + 1}.{block}."
            sizes = [(width, inputs, 1), (width, width, 9), (width * 4, width, 1)] if bottleneck else [(width, inputs, 9), (width, width, 9)]
            for i, (out, into, field) in enumerate(sizes):
                rows.append((at + f"conv{i + 1}.weight", conv(i + 1, into * field, out * field)))
                norm(at + f"bn{i + 1}")
            if inputs != width * grow:
                rows.append((at + "downsample.0.weight", conv(0, inputs, width * grow)))
                norm(at + "downsample.1")
            inputs = width * grow
    return rows


he = lambda _, fin, fout: N(sqrt(2 / fout))
table("resnet", "resnet50", "torchvision resnet.py: kaiming_normal_(fan_out, relu), fc as torch.nn.Linear", resnet([3, 4, 6, 3], True, he, N(sqrt(2 / (64 * 49))), LINEAR(2048), LINEAR(2048)))
table("he", "resnet50", "arXiv 1502.01852: N(0, 2/fan_in)", resnet([3, 4, 6, 3], True, lambda _, fin, fout: N(sqrt(2 / fin)), N(sqrt(2 / (3 * 49))), N(sqrt(2 / 2048)), ZERO))
table("tutorial", "resnet18", "He et al. 2015 by fan_in for convolutions, Glorot and Bengio 2010 for dense layers",
      resnet([2, 2, 2, 2], False, lambda _, fin, fout: N(sqrt(2 / fin)), N(sqrt(2 / (3 * 49))), XU(512, 1000), ZERO))
table("fixup", "resnet18", "hongyi-zhang/Fixup fixup_resnet_imagenet.py, basic blocks: B = 8, conv1 B^-1/2, conv2 0",
      resnet([2, 2, 2, 2], False, lambda i, fin, fout: ZERO if i == 2 else N(sqrt(2 / fout) * (8 ** -0.5 if i else 1)), LINEAR(3 * 49), ZERO, ZERO))
table("fixup-bottleneck", "resnet50", "hongyi-zhang/Fixup fixup_resnet_imagenet.py, bottlenecks: B = 16, conv1 and conv2 B^-1/4, conv3 0",
      resnet([3, 4, 6, 3], True, lambda i, fin, fout: ZERO if i == 3 else N(sqrt(2 / fout) * (16 ** -0.25 if i else 1)), LINEAR(3 * 49), ZERO, ZERO))

# Llama 3.2 1B: d 2048, keys and values 512, feed-forward 8192, tied.
x = dict(q=XU(2048, 2048), k=XU(2048, 512), v=XU(2048, 512), o=XU(2048, 2048), gate=XU(2048, 8192), up=XU(2048, 8192), down=XU(8192, 2048))
table("xavier", "llama-3.2-1b", "Glorot and Bengio 2010", llama({"{i}": x}, tied=True, embed=n))
table("orthogonal", "llama-3.2-1b", "Saxe et al. 2014", llama({"{i}": alike(("orthogonal", 1))}, tied=True, embed=n))
# muP, base of width 256 with feed-forward 896 and 2 of the 32 heads of 128 (the 8 key-value heads become 2): everything that is both ways infinite is narrower by 16.
both = N(0.02 / sqrt(16))
table("mup", "llama-3.1-8b", "microsoft/mup init.py normal_: two infinite dimensions std/sqrt(width_mult), else std", llama({"{i}": alike(both)}, embed=n, head=n),
      sets=["base.hidden_size=256", "base.intermediate_size=896", "base.num_attention_heads=2", "base.num_key_value_heads=2"])

# Qwen1.5-MoE-A2.7B: d 2048, experts 1408, shared expert 5632, 60 experts.


def moe(draw, bias, embed):
    at = "model.layers.{i}."
    rows = [("model.embed_tokens.weight", embed), ("lm_head.weight", draw(2048, 151936)), ("model.norm.weight", ONE), (at + "mlp.gate.weight", draw(2048, 60)), (at + "mlp.shared_expert_gate.weight", draw(2048, 1))]
    rows += [(at + f"self_attn.{y}_proj.weight", draw(2048, 2048)) for y in "qkvo"] + [(at + f"self_attn.{y}_proj.bias", bias) for y in "qkv"]
    for where, inner in (("mlp.experts.{e}.", 1408), ("mlp.shared_expert.", 5632)):
        rows += [(at + where + y + "_proj.weight", draw(2048, inner)) for y in ("gate", "up")] + [(at + where + "down_proj.weight", draw(inner, 2048))]
    return rows + [(at + y, ONE) for y in ("input_layernorm.weight", "post_attention_layernorm.weight")]


swift = "ms-swift 4.6.0 swift/model/utils.py; norms 1 and per-expert fans are our departures: "
for name, draw, bias in [
    ("zero", lambda i, o: ZERO, ZERO), ("uniform", lambda i, o: U(0.1), U(0.1)), ("normal", lambda i, o: N(0.01), N(0.01)), ("xavier-uniform", XU, ZERO), ("xavier-normal", XN, ZERO),
    ("kaiming-uniform", lambda i, o: U(sqrt(3) * sqrt(2 / (1 + 0.1 ** 2)) / sqrt(o)), ZERO), ("kaiming-normal", lambda i, o: N(sqrt(2 / i)), ZERO), ("orthogonal", lambda i, o: ("orthogonal", 1), ZERO),
]:
    table("swift-" + name, "qwen1.5-moe-a2.7b", swift + name, moe(draw, bias, draw(2048, 151936)))


def model(name, tensors):
    with open(os.path.join(HERE, name + ".model.json"), "w") as file:
        file.write('{"tensors": [\n' + ",\n".join(json.dumps(dict(name=y, shape=shape, kind=kind)) for y, shape, kind in tensors) + "\n]}\n")


# ReZero: one layer of rztx.py with d 512, feed-forward 2048.
model("rezero", [("layers.0.resweight", [1], "RZTXEncoderLayer"), ("layers.0.self_attn.in_proj_weight", [1536, 512], "MultiheadAttention"), ("layers.0.self_attn.in_proj_bias", [1536], "MultiheadAttention"),
                 ("layers.0.self_attn.out_proj.weight", [512, 512], "NonDynamicallyQuantizableLinear"), ("layers.0.self_attn.out_proj.bias", [512], "NonDynamicallyQuantizableLinear"),
                 ("layers.0.linear1.weight", [2048, 512], "Linear"), ("layers.0.linear1.bias", [2048], "Linear"), ("layers.0.linear2.weight", [512, 2048], "Linear"), ("layers.0.linear2.bias", [512], "Linear")])
table("rezero", "rezero.model", "majumderb/rezero rztx.py: resweight 0, modules as torch constructs them",
      [("layers.{i}.resweight", ZERO), ("layers.{i}.self_attn.in_proj_weight", XU(512, 1536)), ("layers.{i}.self_attn.in_proj_bias", ZERO), ("layers.{i}.self_attn.out_proj.weight", LINEAR(512)), ("layers.{i}.self_attn.out_proj.bias", ZERO),
       ("layers.{i}.linear1.weight", LINEAR(512)), ("layers.{i}.linear1.bias", LINEAR(512)), ("layers.{i}.linear2.weight", LINEAR(2048)), ("layers.{i}.linear2.bias", LINEAR(2048))])
# One block of timm's nfnet_f0.
model("skipinit", [("stem.conv1.weight", [16, 3, 3, 3], "ScaledStdConv2d"), ("stem.conv1.bias", [16], "ScaledStdConv2d"), ("stem.conv1.gain", [16, 1, 1, 1], "ScaledStdConv2d"),
                   ("stages.0.0.conv2.weight", [128, 128, 3, 3], "ScaledStdConv2d"), ("stages.0.0.skipinit_gain", [], "NormFreeBlock"), ("head.fc.weight", [1000, 3072], "Linear"), ("head.fc.bias", [1000], "Linear")])
table("skipinit", "skipinit.model", "timm/models/nfnet.py: skipinit_gain 0, convolutions kaiming_normal_(fan_in, linear), head.fc 0.01",
      [("stem.conv1.weight", N(sqrt(1 / 27))), ("stem.conv1.bias", ZERO), ("stem.conv1.gain", ONE), ("stages.0.0.conv2.weight", N(sqrt(1 / 1152))), ("stages.0.0.skipinit_gain", ZERO), ("head.fc.weight", N(0.01)), ("head.fc.bias", ZERO)])
# One block of timm's cait_s24_224 (d 384).
model("layerscale", [("cls_token", [1, 1, 384], "Cait"), ("pos_embed", [1, 196, 384], "Cait"), ("patch_embed.proj.weight", [384, 3, 16, 16], "Conv2d"), ("patch_embed.proj.bias", [384], "Conv2d"),
                     ("blocks.0.gamma_1", [384], "LayerScaleBlock"), ("blocks.0.gamma_2", [384], "LayerScaleBlock"), ("blocks.0.norm1.weight", [384], "LayerNorm"), ("blocks.0.norm1.bias", [384], "LayerNorm"),
                     ("blocks.0.attn.qkv.weight", [1152, 384], "Linear"), ("blocks.0.attn.qkv.bias", [1152], "Linear"), ("blocks.0.attn.proj.weight", [384, 384], "Linear"), ("head.weight", [1000, 384], "Linear")])
table("layerscale", "layerscale.model", "timm/models/cait.py: gamma 1e-5, linear trunc_normal_ 0.02; tokens as timm's vision_transformer",
      [("cls_token", N(1e-6)), ("pos_embed", TRUNC(0.02)), ("patch_embed.proj.weight", patch), ("patch_embed.proj.bias", patch), ("blocks.{i}.gamma_{j}", C(1e-5)), ("blocks.{i}.norm1.weight", ONE), ("blocks.{i}.norm1.bias", ZERO),
       ("blocks.{i}.attn.qkv.weight", TRUNC(0.02)), ("blocks.{i}.attn.qkv.bias", ZERO), ("blocks.{i}.attn.proj.weight", TRUNC(0.02)), ("head.weight", TRUNC(0.02))])
