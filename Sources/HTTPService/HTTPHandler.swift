/// What answers requests.
///
/// The server calls it for every request that passed the guards, many at once. A request that
/// waits for news may simply suspend: it costs a few kilobytes and no thread.
///
/// The task is cancelled when the server stops and when ``HTTPRequest/deadline`` passes, at
/// which moment the client has already been told to come back (503). A client that departs is
/// not noticed before that, so a handler that waits must also end by itself.
package protocol HTTPHandler: Sendable {
    /// Answers one request. It does not throw: every failure is a response.
    func respond(to request: HTTPRequest) async -> HTTPResponse
}
