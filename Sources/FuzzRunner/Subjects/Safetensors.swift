import Tensors
import WeightFiles

extension FuzzSubject {
    static let safetensors = FuzzSubject(
        "safetensors", words: ["data_offsets", "shape", "dtype", "__metadata__", "F32", "BF16", "I64", "U8"],
        seeds: {
            [
                #"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#,
                #"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]},"#
                    + #""b":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}      "#,
            ].map { header in
                let length = UInt64(header.utf8.count)
                return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
                    + [UInt8](repeating: 0x3f, count: 24)
            }
        },
        read: { bytes in
            guard let file = try? SafetensorsFile(path: ScratchFile.holding(bytes)) else { return }
            for entry in file.entries {
                guard let tensor = try? file.tensor(entry.name) else { continue }
                _ = tensor.asFloat32()
            }
        })
}
