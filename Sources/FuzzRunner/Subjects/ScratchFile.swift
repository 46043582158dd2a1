import Foundation

/// Input as a file, for readers that map: in memory, one a process, since names cost more than bytes.
enum ScratchFile {
    private static let path: String = {
        let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        return folder + "/ftbench-fuzz-\(getpid())"
    }()

    static func holding(_ bytes: [UInt8]) -> String {
        // Without this a mapping of the last input could see the next one.
        unlink(path)
        guard let file = fopen(path, "wb") else { fatalError("cannot write \(path)") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        return path
    }
}
