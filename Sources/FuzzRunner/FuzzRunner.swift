import Foundation

/// Feeds the readers of untrusted files with damaged input, guided by coverage through libFuzzer.
///
/// Built by `make fuzz`, since every module needs its instrumentation. Usage: `FuzzRunner list`,
/// `FuzzRunner seeds NAME FOLDER`, `FuzzRunner NAME [libFuzzer's options] [corpus folder or file …]`.
@main
enum FuzzRunner {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "list" {
            for subject in FuzzSubject.all { print(subject.name) }
            return
        }
        if arguments.count == 4, arguments[1] == "seeds", let subject = named(arguments[2]) {
            writeSeeds(of: subject, to: arguments[3])
            return
        }
        guard arguments.count >= 2, let subject = named(arguments[1]) else {
            stop("Usage: FuzzRunner list | seeds NAME FOLDER | NAME [options] [corpus …]", status: 64)
        }
        fuzz(subject, arguments: [arguments[0]] + arguments.dropFirst(2))
    }

    private static func named(_ name: String) -> FuzzSubject? { FuzzSubject.all.first { $0.name == name } }

    private static func writeSeeds(of subject: FuzzSubject, to folder: String) {
        let url = URL(fileURLWithPath: folder)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (index, seed) in subject.seeds().enumerated() {
                try Data(seed).write(to: url.appending(path: "seed-\(index)"))
            }
            let words = subject.words.map { word in
                "\"" + word.utf8.map { "\\x" + String(0x100 + Int($0), radix: 16).suffix(2) }.joined() + "\"\n"
            }
            try Data(words.joined().utf8).write(to: URL(fileURLWithPath: folder + ".dict"))
        } catch {
            stop("Cannot write seeds to \(folder): \(error.localizedDescription)", status: 1)
        }
    }

    private static func stop(_ message: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(status)
    }
}
