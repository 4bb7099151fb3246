import CGMime

/// GMime's start, and the conversions of text that only it and GLib know.
enum MimeLibrary {
    private static let started: Void = g_mime_init()

    /// Starts the library.
    ///
    /// The second and later calls do nothing.
    static func start() {
        started
    }

    /// The ASCII form of an internationalised domain, or `nil` when it has none.
    static func asciiDomain(of name: String) -> String? {
        start()
        guard let address = internet_address_mailbox_new(nil, "x@\(composed(name))") else {
            return nil
        }
        defer { g_object_unref(address) }
        // The result belongs to the address.
        let mailbox = cgmime_mailbox_of_address(address)
        guard let converted = internet_address_mailbox_get_idn_addr(mailbox) else { return nil }
        let text = String(cString: converted)
        guard text.hasPrefix("x@"), text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        return String(text.dropFirst(2))
    }

    /// The text in composed form (NFC), so that equal names have equal bytes.
    static func composed(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        guard let composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFC) else { return text }
        defer { g_free(composed) }
        return String(cString: composed)
    }

    /// The last second that a date of four digits can name.
    private static let secondsMaximum: Int64 = 253_402_300_799

    /// A date as it is written in a header, in UTC.
    ///
    /// A clock outside 1970–9999 is brought inside.
    static func headerDate(secondsSinceEpoch seconds: Int64) -> String {
        start()
        let clamped = min(max(0, seconds), secondsMaximum)
        guard let moment = g_date_time_new_from_unix_utc(Int(clamped)) else {
            preconditionFailure("The moment lies outside the years 1 to 9999.")
        }
        defer { g_date_time_unref(moment) }
        guard let text = g_mime_utils_header_format_date(moment) else {
            preconditionFailure("GMime formats every moment that GLib can name.")
        }
        defer { g_free(text) }
        return String(cString: text)
    }
}
