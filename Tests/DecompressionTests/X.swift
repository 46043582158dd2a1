import Testing
@testable import Decompression
