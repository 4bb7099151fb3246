import CGMime

/// What GMime knows about a mail that somebody else built.
enum MimeArrival {
    /// A field's value in plain text, its encoded words decoded.
    static func decodedText(_ value: String) -> String {
        MimeLibrary.start()
        guard let text = g_mime_utils_header_decode_text(nil, value) else { return value }
        defer { g_free(text) }
        return String(cString: text)
    }

    /// A name before an address in plain text, its encoded words decoded.
    static func decodedPhrase(_ value: String) -> String {
        MimeLibrary.start()
        guard let text = g_mime_utils_header_decode_phrase(nil, value) else { return value }
        defer { g_free(text) }
        return String(cString: text)
    }

    /// The kind of an entity and the boundary between its parts.
    static func contentType(_ value: String) -> (type: String, boundary: String?) {
        MimeLibrary.start()
        guard let type = g_mime_content_type_parse(nil, value) else { return ("", nil) }
        defer { g_object_unref(type) }
        guard let name = g_mime_content_type_get_mime_type(type) else { return ("", nil) }
        defer { g_free(name) }
        // The parameter belongs to the type.
        let boundary = g_mime_content_type_get_parameter(type, "boundary").map(
            String.init(cString:))
        return (String(cString: name).lowercased(), boundary)
    }

    /// Rewrites an entity so that it is ASCII in short lines; its text and files stay the same.
    ///
    /// - Parameter entity: MIME headers, an empty line and the body, in lines that end with CRLF.
    /// - Returns: The same in quoted-printable and base 64 where that was needed; what GMime
    ///   cannot mend is returned as it was.
    static func sevenBit(_ entity: [UInt8]) -> [UInt8] {
        guard let parsed = MimeEntity(parsing: entity) else { return entity }
        parsed.makeSevenBit()
        return parsed.rendered()
    }
}

extension MimeEntity {
    /// Reads an entity that was built elsewhere.
    init?(parsing entity: [UInt8]) {
        MimeLibrary.start()
        let stream = entity.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                g_mime_stream_mem_new_with_buffer($0.baseAddress, $0.count)
            }
        }
        defer { g_object_unref(stream) }
        guard let parser = g_mime_parser_new_with_stream(stream) else { return nil }
        defer { g_object_unref(parser) }
        // The caller owns what the parser constructs; it holds the stream itself.
        guard let object = g_mime_parser_construct_part(parser, nil) else { return nil }
        self.init(owning: object)
    }

    /// Encodes each part that is not ASCII in short lines.
    func makeSevenBit() {
        withObject { object in
            rewrapBase64(object)
            g_mime_object_encode(object, GMIME_ENCODING_CONSTRAINT_7BIT)
        }
    }

    /// Writes base 64 in lines of 76 characters: programs that write a whole file as one line
    /// are common, and no server takes that line.
    private func rewrapBase64(_ object: UnsafeMutablePointer<GMimeObject>) {
        rewrapPart(object)
        guard let parts = g_mime_part_iter_new(object) else { return }
        defer { g_mime_part_iter_free(parts) }
        while g_mime_part_iter_is_valid(parts) != 0 {
            if let current = g_mime_part_iter_get_current(parts) { rewrapPart(current) }
            if g_mime_part_iter_next(parts) == 0 { break }
        }
    }

    private func rewrapPart(_ object: UnsafeMutablePointer<GMimeObject>) {
        guard let part = cgmime_part_of_object(object), let plain = g_mime_stream_mem_new()
        else { return }
        defer { g_object_unref(plain) }
        if let content = g_mime_part_get_content(part) {
            guard g_mime_part_get_content_encoding(part) == GMIME_CONTENT_ENCODING_BASE64,
                g_mime_data_wrapper_write_to_stream(content, plain) >= 0
            else { return }
            g_mime_stream_reset(plain)
        }
        // A part that ends with its headers has no content at all; GMime wants an empty one.
        let decoded = g_mime_data_wrapper_new_with_stream(plain, GMIME_CONTENT_ENCODING_BINARY)
        defer { g_object_unref(decoded) }
        g_mime_part_set_content(part, decoded)
    }
}
