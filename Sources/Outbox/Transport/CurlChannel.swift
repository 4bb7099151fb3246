import CCurl
import CUnix
import Glibc
import SyncCore

/// Wakes a thread that waits on a socket, from any other thread.
final class Wakeup: Sendable {
    /// Becomes readable, and stays so, once ``signal()`` was called.
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "The process has no descriptors left.")
    }

    deinit { close(descriptor) }

    func signal() {
        eventfd_write(descriptor, 1)
    }
}

/// libcurl's start, which must come before any other call.
enum CurlLibrary {
    private static let started: Void = {
        let result = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        precondition(result == CURLE_OK, "libcurl could not start (\(result.rawValue)).")
        // OpenSSL writes with write(2): a peer that has gone must give an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
    }()

    /// Starts the library.
    ///
    /// The second and later calls do nothing.
    static func start() { started }
}

/// One connection of libcurl: it connects, secures and authenticates, then only carries bytes.
///
/// Used by one thread at a time, and a class because libcurl keeps a pointer to it. The
/// connection is closed when the object goes.
final class CurlChannel {
    /// What a transfer of bytes came to.
    enum Transfer {
        case moved(Int)
        /// Nothing can be moved now; wait for the socket.
        case blocked
        case closed
    }

    /// Why a wait ended.
    enum Wait {
        case readable, writable, timedOut, woken
    }

    let handle: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let wakeup: Wakeup
    /// What the server said before the dialogue became ours.
    let observer: SMTPObserver

    init(wakeup: Wakeup, observer: SMTPObserver) {
        CurlLibrary.start()
        guard let handle = curl_easy_init(), let multi = curl_multi_init() else {
            preconditionFailure("libcurl has no memory for a connection.")
        }
        self.handle = handle
        self.multi = multi
        self.wakeup = wakeup
        self.observer = observer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, errorText)
        // The observer outlives the handle: this object holds it until `deinit`.
        check(ccurl_set_debug(handle, observeDialogue))
        set(CURLOPT_DEBUGDATA, Unmanaged.passUnretained(observer).toOpaque())
        set(CURLOPT_VERBOSE, 1)
    }

    deinit {
        curl_multi_remove_handle(multi, handle)
        curl_easy_cleanup(handle)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) { check(ccurl_set_long(handle, option, value)) }

    func set(_ option: CURLoption, _ value: String?) {
        check(ccurl_set_text(handle, option, value))
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        check(ccurl_set_pointer(handle, option, value))
    }

    /// Hands libcurl a secret, of which it keeps a copy.
    ///
    /// The one made here is wiped.
    func set(_ option: CURLoption, _ secret: SecretBytes) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: secret.count + 1) { text in
            secret.withBytes { UnsafeMutableRawBufferPointer(text).copyMemory(from: $0) }
            text[secret.count] = 0
            guard let start = text.baseAddress else { return }
            check(ccurl_set_text(handle, option, start))
            explicit_bzero(start, text.count)
        }
    }

    /// Connects as the options say, waiting until it succeeded, failed or was woken.
    ///
    /// - Parameter progress: Called after each step.
    /// - Returns: libcurl's result; `CURLE_ABORTED_BY_CALLBACK` when it was woken.
    func connect(progress: () -> Void) -> CURLcode {
        guard curl_multi_add_handle(multi, handle) == CURLM_OK else { return CURLE_FAILED_INIT }
        var extra = curl_waitfd(fd: wakeup.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        while true {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            progress()
            var left: Int32 = 0
            if let message = curl_multi_info_read(multi, &left), message.pointee.msg == CURLMSG_DONE
            {
                return message.pointee.data.result
            }
            guard curl_multi_poll(multi, &extra, 1, 1000, nil) == CURLM_OK else {
                return CURLE_FAILED_INIT
            }
            if extra.revents != 0 { return CURLE_ABORTED_BY_CALLBACK }
        }
    }

    /// libcurl's words about the last failure.
    var failureText: String { String(cString: errorText) }

    func number(_ information: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(handle, information, &value) == CURLE_OK ? value : 0
    }

    func microseconds(_ information: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return ccurl_get_offset(handle, information, &value) == CURLE_OK ? Int64(value) : 0
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = 0
        switch curl_easy_recv(handle, buffer.baseAddress, buffer.count, &count) {
        case CURLE_OK where count > 0: return .moved(count)
        case CURLE_AGAIN: return .blocked
        default: return .closed
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        var count = 0
        switch curl_easy_send(handle, bytes.baseAddress, bytes.count, &count) {
        case CURLE_OK: return .moved(count)
        case CURLE_AGAIN: return .blocked
        default: return .closed
        }
    }

    /// Waits for the socket, after a transfer was blocked.
    ///
    /// Never before one: OpenSSL may already hold the bytes that the socket no longer shows.
    func wait(forWriting: Bool, atMost limit: Duration) -> Wait {
        var socket: curl_socket_t = -1
        guard ccurl_get_socket(handle, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK, socket >= 0
        else { return .readable }  // The next transfer finds the connection closed.
        let events = Int16(forWriting ? POLLIN | POLLOUT : POLLIN)
        var descriptors = [
            pollfd(fd: socket, events: events, revents: 0),
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // One more millisecond, so that a deadline has passed when the wait is over.
        let milliseconds = min(max(limit.milliseconds + 1, 0), Int64(Int32.max))
        let count = poll(&descriptors, 2, Int32(milliseconds))
        if descriptors[1].revents != 0 { return .woken }
        if count == 0 { return .timedOut }
        return descriptors[0].revents & Int16(POLLOUT) != 0 ? .writable : .readable
    }

    private func check(_ result: CURLcode) {
        precondition(result == CURLE_OK, "libcurl refused an option (\(result.rawValue)).")
    }
}

/// libcurl's view of the dialogue.
///
/// Of what leaves, the observer keeps only commands that can hold no password.
private func observeDialogue(
    handle: UnsafeMutableRawPointer?, kind: curl_infotype, data: UnsafeMutablePointer<CChar>?,
    count: Int, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let data, let context else { return 0 }
    let observer = Unmanaged<SMTPObserver>.fromOpaque(context).takeUnretainedValue()
    if kind == CURLINFO_SSL_DATA_OUT { observer.hasBegunTLS = true }
    if kind == CURLINFO_HEADER_IN {
        observer.observe(UnsafeRawBufferPointer(start: data, count: count))
    }
    if kind == CURLINFO_HEADER_OUT {
        observer.observeSent(UnsafeRawBufferPointer(start: data, count: count))
    }
    return 0
}
