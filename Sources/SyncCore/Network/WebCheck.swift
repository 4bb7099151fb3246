import CCurl
import Glibc

/// Asks for a page that must answer with nothing (HTTP 204), to learn whether the web is open.
///
/// Networks that want somebody to sign in first answer in the page's place, most of them with a
/// page of their own or a redirection; neither is followed.
package actor WebCheck {
    /// What came back.
    package enum Answer: Hashable, Sendable {
        /// The page itself, and what time it is there, to the second.
        case page(time: Timestamp?)
        /// Something else, with its HTTP status.
        case other(status: Int)
        /// Nothing.
        case silence
    }

    private static let answerBytesMaximum = 65_536

    private let executor = SerialQueue(label: "syncmail.web-check")

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init() {}

    /// Asks once.
    ///
    /// - Parameters:
    ///   - url: The page.
    ///   - wait: How long to wait for it.
    /// - Returns: What came back.
    /// - Throws: `CancellationError` if the task is cancelled.
    package func ask(_ url: String, within wait: Duration) async throws -> Answer {
        let call = CurlCall()
        let multi = CurlMulti()
        return try await withTaskCancellationHandler {
            try transfer(url, wait, multi, call)
        } onCancel: {
            call.cancel()
            multi.wake()
        }
    }

    private func transfer(
        _ url: String, _ wait: Duration, _ multi: CurlMulti, _ call: CurlCall
    ) throws -> Answer {
        let easy = CurlEasy()
        let reply = CurlReply(bytesMaximum: Self.answerBytesMaximum)
        defer { withExtendedLifetime(reply) {} }
        let isSet = [
            easy.set(CURLOPT_URL, url), easy.set(CURLOPT_PROTOCOLS_STR, "http,https"),
            easy.set(CURLOPT_NOSIGNAL, 1), easy.set(CURLOPT_QUICK_EXIT, 1),
            easy.set(CURLOPT_FOLLOWLOCATION, 0),
            easy.set(CURLOPT_TIMEOUT_MS, Int(wait.milliseconds)), easy.receive(into: reply),
        ].allSatisfy { $0 }
        guard isSet else { return .silence }
        // Whoever answered has answered, also when the rest of it never comes.
        _ = try multi.run(easy, call: call)
        let status = easy.number(CURLINFO_RESPONSE_CODE)
        guard status != 0 else { return .silence }
        return status == 204 ? .page(time: easy.date) : .other(status: status)
    }
}
