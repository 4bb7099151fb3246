/// Wakes one waiting task; ringing many times before it looks wakes it once.
package final class Bell: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Wakes the waiting task, or the next one that waits.
    package func ring() {
        continuation.yield()
    }

    /// Waits for the bell, or for the task to be cancelled.
    ///
    /// Only one task may wait at a time.
    package func wait() async {
        var iterator = stream.makeAsyncIterator()
        _ = await iterator.next()
    }
}
