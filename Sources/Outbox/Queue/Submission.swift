package import SyncCore
import Synchronization

/// The way into the queue.
///
/// Mails that arrive together share one commit: each caller still returns only when its own
/// mail is on stable storage. ``run()`` must be running for anything to be stored.
package final class Submission: Sendable {
    private struct Waiting: Sendable {
        let mail: MailSubmission
        let caller: CheckedContinuation<Result<SubmissionReceipt, SubmissionError>, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isClosed = false
    }

    /// How many mails may wait for a commit.
    package static let waitingMaximum = 4096
    /// How many mails, and how many bytes of them, one commit takes.
    package static let mailsPerCommitMaximum = 256
    package static let bytesPerCommitMaximum = 16 << 20

    private let replica: Replica
    private let limits: MailSubmission.Limits
    private let state = Mutex(State())
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation
    private let afterCommit: @Sendable () -> Void

    /// Creates the way into a replica's queue.
    ///
    /// - Parameters:
    ///   - replica: The replica, opened with ``OutboxFold``.
    ///   - limits: What is accepted.
    ///   - afterCommit: Called after each commit that queued something: there is work.
    package init(
        replica: Replica, limits: MailSubmission.Limits = MailSubmission.Limits(),
        afterCommit: @escaping @Sendable () -> Void = {}
    ) {
        self.replica = replica
        self.limits = limits
        self.afterCommit = afterCommit
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues a mail, and returns when it is on stable storage.
    ///
    /// The same submission, or another of the same user with the same key, is answered with the
    /// mail that was queued first, for ever.
    package func enqueue(_ mail: MailSubmission) async throws(SubmissionError) -> SubmissionReceipt
    {
        try mail.check(limits)
        let result = await withCheckedContinuation { caller in
            let refusal: SubmissionError? = state.withLock { state in
                guard !state.isClosed else { return SubmissionError(.stopping) }
                guard state.waiting.count < Self.waitingMaximum else {
                    return SubmissionError(.overloaded, limit: Self.waitingMaximum)
                }
                state.waiting.append(Waiting(mail: mail, caller: caller))
                return nil
            }
            if let refusal { caller.resume(returning: .failure(refusal)) } else { ring.yield() }
        }
        return try result.get()
    }

    /// Commits what arrives until the task is cancelled; whoever waits then is told so.
    package func run() async {
        for await _ in bell {
            while let batch = takeBatch() { await commit(batch) }
            if Task.isCancelled { break }
        }
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.caller.resume(returning: .failure(.init(.stopping))) }
    }

    private func takeBatch() -> [Waiting]? {
        state.withLock { state in
            var bytes = 0
            var count = 0
            for waiting in state.waiting.prefix(Self.mailsPerCommitMaximum) {
                bytes += waiting.mail.rendered.bytes.count
                if count > 0, bytes > Self.bytesPerCommitMaximum { break }
                count += 1
            }
            defer { state.waiting.removeFirst(count) }
            return count == 0 ? nil : Array(state.waiting.prefix(count))
        }
    }

    private func commit(_ batch: [Waiting]) async {
        let mails = batch.map(\.mail)
        let results: [Result<SubmissionReceipt, SubmissionError>]
        do {
            results = try await store(mails).map { .success($0) }
        } catch {
            // Where there is no room for all, there may be for some.
            results =
                await mails.count > 1 && error.code == .notStored
                ? storeEach(mails) : mails.map { _ in .failure(error) }
        }
        let isAnyNew = results.contains { result in
            if case .success(let receipt) = result { !receipt.isRepetition } else { false }
        }
        if isAnyNew { afterCommit() }
        for (waiting, result) in zip(batch, results) { waiting.caller.resume(returning: result) }
    }

    private func storeEach(
        _ mails: [MailSubmission]
    ) async -> [Result<SubmissionReceipt, SubmissionError>] {
        var results: [Result<SubmissionReceipt, SubmissionError>] = []
        for mail in mails {
            do { results += try await store([mail]).map { .success($0) } } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    private func store(
        _ mails: [MailSubmission]
    ) async throws(SubmissionError) -> [SubmissionReceipt] {
        do {
            return try await replica.write { transaction in
                try mails.map { try transaction.enqueue($0) }
            }
        } catch let error as SubmissionError {
            throw error
        } catch let error as StorageError {
            throw SubmissionError(error)
        } catch {
            throw SubmissionError(.notStored)
        }
    }
}

extension ReplicaTransaction {
    /// Adds a mail to the queue, unless it is there already.
    func enqueue(_ mail: MailSubmission) throws -> SubmissionReceipt {
        guard let device = membership.device(identity.id) else {
            throw SubmissionError(.notAMember)
        }
        let branch = device.branch
        if let first = try outbox.message(submittedAs: mail) {
            return SubmissionReceipt(message: first, isRepetition: true)
        }
        guard device.isActive else { throw SubmissionError(.revoked) }
        try outbox.addOwn(mail)
        try append(
            QueuedReport(
                message: mail.message, user: mail.user, type: mail.type,
                recipients: mail.recipients.map(\.text),
                byteCount: UInt64(mail.rendered.bytes.count), entity: mail.entity,
                terms: mail.terms, source: mail.source),
            kind: QueuedReport.recordKind, topic: .audit, scope: .branch(branch),
            actor: mail.actor)
        return SubmissionReceipt(message: mail.message, isRepetition: false)
    }
}
