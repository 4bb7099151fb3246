/// A way to ask the hub something.
///
/// ``HubClient`` seals each question and opens the answer; a test may answer itself.
package protocol HubChannel: Sendable {
    /// Asks, and waits for the answer.
    ///
    /// A failure does not tell whether the hub acted, so every question must be safe to repeat.
    ///
    /// - Parameters:
    ///   - request: The question.
    ///   - wait: How long to wait for the whole answer.
    /// - Returns: The answer, never ``HubReply/refused(_:)``.
    /// - Throws: ``HubRefusal``, or the failure of the transport or of the seal.
    func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply
}
