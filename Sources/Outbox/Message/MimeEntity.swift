import CGMime

/// One part of a mail, or a group of parts, in GMime's memory.
///
/// The value owns one reference to GMime's object and gives it back when it leaves scope. A
/// group takes a reference of its own to each part that is added, so the part's value must
/// still be dropped by its owner: forgetting that costs 40 KB per mail.
struct MimeEntity: ~Copyable {
    private let object: UnsafeMutablePointer<GMimeObject>
    private let multipart: UnsafeMutablePointer<GMimeMultipart>?

    /// Makes a text of UTF-8 lines that end with LF.
    ///
    /// The text is always quoted-printable: then no line is too long, no server changes it, and
    /// no line can be mistaken for a boundary (which holds `=_`).
    init(text lines: [UInt8], subtype: String) {
        let part = Self.part("text", subtype, lines, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
        object = cgmime_object_of_part(part)
        multipart = nil
        g_mime_object_set_content_type_parameter(object, "charset", "utf-8")
    }

    /// Makes a file in base 64, whose bytes arrive unchanged.
    init(attachment: MailAttachment) {
        let type = attachment.mediaType
        let part = Self.part(
            type.type, type.subtype, attachment.bytes, GMIME_CONTENT_ENCODING_BASE64)
        object = cgmime_object_of_part(part)
        multipart = nil
        g_mime_object_set_disposition(object, "attachment")
        g_mime_part_set_filename(part, attachment.name.text)
        // Left alone, GMime writes Latin-1 wherever that suffices.
        let disposition = g_mime_object_get_content_disposition(object)
        let dispositionList = g_mime_content_disposition_get_parameters(disposition)
        g_mime_param_set_charset(
            g_mime_param_list_get_parameter(dispositionList, "filename"), "utf-8")
        let typeList = g_mime_content_type_get_parameters(g_mime_object_get_content_type(object))
        g_mime_param_set_charset(g_mime_param_list_get_parameter(typeList, "name"), "utf-8")
    }

    /// Makes an empty group, such as `mixed` or `alternative`.
    init(group subtype: String, boundary: String) {
        MimeLibrary.start()
        guard let multipart = g_mime_multipart_new_with_subtype(subtype) else {
            preconditionFailure("GLib ends the program when there is no memory.")
        }
        g_mime_multipart_set_boundary(multipart, boundary)
        object = cgmime_object_of_multipart(multipart)
        self.multipart = multipart
    }

    /// Takes over the only reference to an object.
    init(owning object: UnsafeMutablePointer<GMimeObject>) {
        self.object = object
        multipart = nil
    }

    deinit { g_object_unref(object) }

    /// Lends GMime's object.
    func withObject(_ body: (UnsafeMutablePointer<GMimeObject>) -> Void) { body(object) }

    /// Adds a part at the end of a group.
    func add(_ part: borrowing MimeEntity) {
        guard let multipart else { preconditionFailure("Only a group takes parts.") }
        g_mime_multipart_add(multipart, part.object)
    }

    /// The entity's headers, an empty line and its body, with CRLF line ends.
    func rendered() -> [UInt8] {
        let options = g_mime_format_options_new()
        defer { g_mime_format_options_free(options) }
        g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS)
        g_mime_format_options_set_param_encoding_method(
            options, GMIME_PARAM_ENCODING_METHOD_RFC2231)
        guard let stream = g_mime_stream_mem_new() else {
            preconditionFailure("GLib ends the program when there is no memory.")
        }
        defer { g_object_unref(stream) }
        let count = g_mime_object_write_to_stream(object, options, stream)
        precondition(count >= 0, "Writing to memory does not fail.")
        // The array belongs to the stream.
        let array = g_mime_stream_mem_get_byte_array(cgmime_memory_of_stream(stream))
        guard let array, let data = array.pointee.data else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(array.pointee.len)))
    }

    private static func part(
        _ type: String, _ subtype: String, _ bytes: [UInt8], _ encoding: GMimeContentEncoding
    ) -> UnsafeMutablePointer<GMimePart> {
        MimeLibrary.start()
        // The stream copies the bytes; the wrapper and the part take references of their own.
        let stream = bytes.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                g_mime_stream_mem_new_with_buffer($0.baseAddress, $0.count)
            }
        }
        defer { g_object_unref(stream) }
        let content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_BINARY)
        defer { g_object_unref(content) }
        guard let part = g_mime_part_new_with_type(type, subtype) else {
            preconditionFailure("GLib ends the program when there is no memory.")
        }
        g_mime_part_set_content(part, content)
        g_mime_part_set_content_encoding(part, encoding)
        return part
    }
}
