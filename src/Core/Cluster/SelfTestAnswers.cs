namespace ShardInit.Cluster;

/// <summary>Lines of the known answers in docs/determinism.md, word for word; a test compares. They never change within a spec.</summary>
internal static class SelfTestAnswers
{
    public static readonly string[] Lines = """
        value uniform -0.1 0.3 : 3e59d337 3e106108 3e52a1e7 3e10b0b0 bd164287 3e0cf800 3e0abf5a 3de144d7 3e811527 3e3f3000 3ba4fb00 3ddd8430
        value normal 0 0.02 : 3bf80fab 3c78bd21 bc0b4a4b 3c4197cb bc58a7ae bb749574 3d215620 3c1a5ceb bc16d327 3d2ce917 3d04e604 3c4c0fd4
        value normal 1 0.5 : 3f983988 3fb094f0 3f4996fb 3fa5cfa6 3f2b5e80 3f681d68 3ffe0b49 3f9e2626 3f451584 40038b0d 3fe7d3b3 3fa7db18
        value truncated_normal 0 0.02 -0.04 0.04 : 3c33ae7d 3cc00a34 3c43e82a 3cbf7300 bc99dd34 3cc6af1d 3ccb3199 3d098614 3bbe5a99 3c727ab5 bc45753e 3d0d5854
        value truncated_normal 0 0.02 -2 2 : 3bf80fab 3c78bd21 bc0b4a4b 3c4197cb bc58a7ae bb749574 3d215620 3c1a5ceb bc16d327 3d2ce917 3d04e604 3c4c0fd4
        value truncated_normal 0 1 -5 1 : 3e875c1a 3f30d07f 3e9b19a5 3f304b50 bf8e45c8 3f3690af 3f3a5c64 3f6aa5f5 3d5bc007 3ed1bdf9 bf44e1a4 3f6e702f
        value truncated_normal 0 1 1 3 : 3f93a951 3fa6e7ff 3f956627 3fa6d10a 3ff831c0 3fa7e4fe 3fa88b2c 3fb0861c 3f8a61e1 3f9a3d89 3fdc3e99 3fb11fca
        value truncated_normal 5 1 -2 2 : 3ff680b6 3feca8e8 3ff5a2da 3fecb4f8 3fbd1bac 3fec23ce 3febcc2c 3fe78a42 3ffb0e4c 3ff332c8 3fce943c 3fe73756
        value truncated_normal 0 1 0 inf : 3e8dcfa5 3f0554dd 3e998ee8 3f050d6c 3fb496c0 3f086686 3f0a68fc 3f22bbc6 3e1a3885 3eb9bece 3f8f65e7 3f24894d
        value truncated_normal 0 1 0.5 0.55 : 3f0a01cd 3f07b63c 3f09c843 3f07b8b9 3f0206ae 3f079af3 3f07892e 3f06b847 3f0b4486 3f092cb3 3f035c72 3f06a944
        value truncated_normal 0 1000 -1 1 : 3f104804 3e51e528 3f074a60 3e537370 bf2ef4ca 3e40d800 3e35bcc0 3d4cb060 3f42b4e2 3eddf800 bef31c64 3d2729e0
        value truncated_normal 0 1 5 inf : 40a19156 40a335e9 40a1b62e 40a333e3 40ab644d 40a34c41 40a35af9 40a4127e 40a0d061 40a21e03 40a8572c 40a4207d
        value truncated_normal 0 1 -9 -6 : c0c14ef2 c0c2aeff c0c16dbe c0c2ad4d c0c9976f c0c2c1bb c0c2ce12 c0c36810 c0c0adc9 c0c1c494 c0c700fc c0c373d1
        stored BF16 normal 0 0.02 : 3bf8 3c79 bc0b 3c42 bc59 bb75 3d21 3c1a bc17 3d2d 3d05 3c4c
        stored F16 normal 0 0.02 : 1fc0 23c6 a05a 220d a2c5 9ba5 290b 20d3 a0b7 2967 2827 2260
        stored F8_E4M3 normal 0 0.02 : 04 08 84 06 87 82 12 05 85 13 10 06
        stored F8_E5M2 normal 0 0.02 : 20 24 a0 22 a3 9c 29 21 a1 29 28 22
        stored F64 normal 0 0.02 : 3f7f01f560000000 3f8f17a420000000 bf81694960000000 3f8832f960000000 bf8b14f5c0000000 bf6e92ae80000000 3fa42ac400000000 3f834b9d60000000 bf82da64e0000000 3fa59d22e0000000 3fa09cc080000000 3f8981fa80000000
        encode BF16 : 3f808000=3f80 3f818000=3f82 3f808001=3f81 7f7fffff=7f80 00000001=0000
        encode F16 : 3f801000=3c00 3f803000=3c02 477fefff=7bff 477ff000=7c00 33000000=0000 33000001=0001 387fffff=0400
        encode F8_E4M3 : 43e80000=7e 43e80001=7f 3a800000=00 3a800001=01 3f880000=38 3f980000=3a c3e00000=fe
        encode F8_E5M2 : 476fffff=7b 47700000=7c 37000000=00 37000001=01 3f900000=3c 3fb00000=3e
        element 42 "" "model.embed_tokens.weight" 5 3 1 0 0 3fd65379995419f0
        element 42 "" "model.embed_tokens.weight" 5 3 1 0 2 bfc8e8a13b55c9dc
        element 42 "" "model.embed_tokens.weight" 5 3 1 4 1 bfe4ba4dbcd2bbd5
        element 42 "" "model.embed_tokens.weight" 70 70 1 69 69 bfc54e783ca59595
        sparse 42 "" "model.embed_tokens.weight" 5 12 2 : 001000101000 000000010100 111010000011 000101111110 110111000001
        sparse 42 "" "model.embed_tokens.weight" 9 9 3 : 001000101 000000010 001010000 001001010 010110000 010101101 100001000 100000000 110110111
        """.Split('\n');
}
