import CCurl

/// Starts libcurl, once per process.
private let curlIsStarted: Bool =
    curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)) == CURLE_OK

/// One transfer of libcurl and its options.
///
/// Used by one lane, on its thread. Whatever pointer is set must outlive the transfer.
final class CurlEasy {
    fileprivate let handle: UnsafeMutableRawPointer

    init() {
        precondition(curlIsStarted, "libcurl did not start.")
        guard let handle = curl_easy_init() else {
            preconditionFailure("There is no memory left for a connection.")
        }
        self.handle = handle
    }

    deinit { curl_easy_cleanup(handle) }

    /// Forgets every option.
    ///
    /// Connections, names and TLS sessions are kept.
    func reset() { curl_easy_reset(handle) }

    func set(_ option: CURLoption, _ number: Int) -> Bool {
        ccurl_set_long(handle, option, number) == CURLE_OK
    }

    func set(_ option: CURLoption, bytes: Int) -> Bool {
        ccurl_set_offset(handle, option, curl_off_t(bytes)) == CURLE_OK
    }

    func set(_ option: CURLoption, _ text: String) -> Bool {
        ccurl_set_text(handle, option, text) == CURLE_OK
    }

    func set(_ option: CURLoption, _ pointer: UnsafeMutableRawPointer?) -> Bool {
        ccurl_set_pointer(handle, option, pointer) == CURLE_OK
    }

    /// Sets a password.
    ///
    /// libcurl keeps a copy until the transfer is reset or freed.
    func set(_ option: CURLoption, secret: SecretBytes) -> Bool {
        secret.withBytes { bytes in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
                for (index, byte) in bytes.enumerated() { text[index] = CChar(bitPattern: byte) }
                text[bytes.count] = 0
                defer { Sodium.wipe(text) }
                return ccurl_set_text(handle, option, text.baseAddress) == CURLE_OK
            }
        }
    }

    func allowAnyProxyAuthentication() -> Bool {
        ccurl_allow_any_proxy_authentication(handle) == CURLE_OK
    }

    /// Makes the transfer a POST of a copy of these bytes.
    func send(_ body: [UInt8]) -> Bool {
        // The length comes first: it tells how much is copied.
        set(CURLOPT_POST, 1) && set(CURLOPT_POSTFIELDSIZE_LARGE, bytes: body.count)
            && body.withUnsafeBytes {
                set(CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
    }

    /// Collects the body of the reply, which must outlive the transfer.
    func receive(into reply: CurlReply) -> Bool {
        ccurl_set_write(handle, receiveCurlPiece) == CURLE_OK
            && set(CURLOPT_WRITEDATA, Unmanaged.passUnretained(reply).toOpaque())
    }

    /// Reads a number about the last transfer, or 0.
    func number(_ information: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(handle, information, &value) == CURLE_OK ? value : 0
    }

    /// Reads a large number about the last transfer, or 0.
    func largeNumber(_ information: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return ccurl_get_offset(handle, information, &value) == CURLE_OK ? Int(value) : 0
    }

    /// Reads a text about the last transfer.
    func text(_ information: CURLINFO) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard ccurl_get_text(handle, information, &value) == CURLE_OK else { return nil }
        return value.map { String(cString: $0) }
    }

    /// What time it was at the server when it answered, to the second.
    var date: Timestamp? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, "Date", 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
            let value = header?.pointee.value
        else { return nil }
        let seconds = curl_getdate(value, nil)
        return seconds < 0 ? nil : Timestamp(milliseconds: Int64(seconds) * 1000)
    }

    /// Who issued the certificate the server showed, in printable letters, at most 120.
    var issuer: String? {
        var found: UnsafeMutablePointer<curl_certinfo>?
        guard ccurl_get_certificates(handle, &found) == CURLE_OK, let found,
            found.pointee.num_of_certs > 0
        else { return nil }
        var entry = found.pointee.certinfo[0]
        while let line = entry {
            let text = String(cString: line.pointee.data)
            if text.hasPrefix("Issuer:") {
                let letters = text.dropFirst(7).unicodeScalars.filter(\.isPrintable).prefix(120)
                return String(String.UnicodeScalarView(letters))
            }
            entry = line.pointee.next
        }
        return nil
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows the scalar as itself.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}

/// The body of a reply while it arrives.
final class CurlReply {
    private(set) var bytes: [UInt8] = []
    private(set) var isTooLarge = false
    private let bytesMaximum: Int

    init(bytesMaximum: Int) {
        self.bytesMaximum = bytesMaximum
    }

    fileprivate func append(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count + piece.count <= bytesMaximum else {
            isTooLarge = true
            return false
        }
        bytes.append(contentsOf: piece)
        return true
    }
}

private func receiveCurlPiece(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return ccurl_write_error() }
    let reply = Unmanaged<CurlReply>.fromOpaque(context).takeUnretainedValue()
    let piece = UnsafeRawBufferPointer(start: data, count: size * count)
    return reply.append(piece) ? piece.count : ccurl_write_error()
}

/// A list of header fields in libcurl's form.
final class CurlHeaders {
    private let first: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                preconditionFailure("There is no memory left for a header.")
            }
            list = longer
        }
        first = list
    }

    deinit { curl_slist_free_all(first) }

    /// The list, valid as long as this object.
    var list: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(first) }
}

/// A set of connections on which one transfer at a time is run.
///
/// Invariant: `address` is a multi handle until `deinit`. It is kept as a number because any
/// thread may wake it, while Swift treats every pointer as unshareable.
final class CurlMulti: Sendable {
    private let address: UInt

    /// How long a wait lasts before the transfer is looked at again.
    private static let pollMilliseconds: Int32 = 1000

    init() {
        precondition(curlIsStarted, "libcurl did not start.")
        guard let multi = curl_multi_init() else {
            preconditionFailure("There is no memory left for a connection.")
        }
        address = UInt(bitPattern: multi)
    }

    deinit { curl_multi_cleanup(handle) }

    private var handle: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: address) }

    /// Ends a wait that is going on, or else the next one.
    ///
    /// Any thread may call it.
    func wake() { curl_multi_wakeup(handle) }

    /// Runs a transfer to its end.
    ///
    /// A transfer that ends early takes its connection with it.
    ///
    /// - Throws: `CancellationError` when the call was cancelled.
    func run(_ easy: CurlEasy, call: CurlCall) throws -> CURLcode {
        guard curl_multi_add_handle(handle, easy.handle) == CURLM_OK else {
            return CURLE_FAILED_INIT
        }
        defer { curl_multi_remove_handle(handle, easy.handle) }
        var running: Int32 = 0
        while true {
            if call.isCancelled { throw CancellationError() }
            guard curl_multi_perform(handle, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { break }
            guard curl_multi_poll(handle, nil, 0, Self.pollMilliseconds, nil) == CURLM_OK else {
                return CURLE_FAILED_INIT
            }
        }
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            if message.pointee.easy_handle == easy.handle { return ccurl_result(message) }
        }
        return CURLE_FAILED_INIT
    }
}
