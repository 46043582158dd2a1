import Foundation

/// An error that is already a sentence for people.
struct Failure: Error, CustomStringConvertible {
    var message: String
    var status: Int32 = 1

    init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }

    var description: String { message }

    /// Foundation's errors print as a dump; ours describe themselves.
    static func text(of error: any Error) -> String {
        guard error is CocoaError || error is POSIXError || type(of: error) == NSError.self else { return "\(error)" }
        let foundation = error as NSError
        if let underlying = foundation.userInfo[NSUnderlyingErrorKey] as? NSError,
            underlying.domain == NSPOSIXErrorDomain
        {
            let path = foundation.userInfo[NSFilePathErrorKey] as? String
            let reason = String(cString: strerror(Int32(underlying.code)))
            return path.map { "\($0): \(reason)" } ?? reason
        }
        return "\(error)"
    }
}
