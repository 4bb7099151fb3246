/// What a file is, such as `application/pdf`.
package struct MediaType: Hashable, Sendable, CustomStringConvertible {
    /// The part before the slash, in lower case.
    package let type: String
    /// The part after the slash, in lower case.
    package let subtype: String

    /// How many bytes each half may have (RFC 6838 §4.2).
    private static let halfByteCountMaximum = 127

    /// Reads `type/subtype`, or answers `nil`.
    ///
    /// Parameters are not accepted. `multipart` and `message` are refused because their content
    /// may not be encoded, and an attachment always is.
    package init?(_ text: String) {
        let halves = text.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy(Self.isRestrictedName),
            halves[0] != "multipart", halves[0] != "message"
        else { return nil }
        type = String(halves[0])
        subtype = String(halves[1])
    }

    private init(type: String, subtype: String) {
        self.type = type
        self.subtype = subtype
    }

    /// Bytes of which nothing more is known.
    package static let unknown = MediaType(type: "application", subtype: "octet-stream")

    /// The type that a file's extension suggests, or ``unknown``.
    package init(guessedFromName name: String) {
        let suffix = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
        self = Self.byExtension[suffix] ?? .unknown
    }

    /// The type as it is written in a header.
    package var description: String { "\(type)/\(subtype)" }

    private static func isRestrictedName(_ half: Substring) -> Bool {
        (1...halfByteCountMaximum).contains(half.utf8.count)
            && half.utf8.allSatisfy {
                $0.isASCIILetter || $0.isASCIIDigit || "!#$&-^_.+".utf8.contains($0)
            }
    }

    /// What offices attach.
    ///
    /// A mail within a mail stays a plain file: it may not be encoded.
    private static let byExtension: [String: MediaType] = {
        let office = "vnd.openxmlformats-officedocument"
        let application = [
            "pdf": "pdf", "xml": "xml", "zip": "zip", "json": "json", "gz": "gzip",
            "7z": "x-7z-compressed", "rar": "vnd.rar", "rtf": "rtf", "p7m": "pkcs7-mime",
            "doc": "msword", "docx": "\(office).wordprocessingml.document",
            "xls": "vnd.ms-excel", "xlsx": "\(office).spreadsheetml.sheet",
            "ppt": "vnd.ms-powerpoint", "pptx": "\(office).presentationml.presentation",
            "odt": "vnd.oasis.opendocument.text", "ods": "vnd.oasis.opendocument.spreadsheet",
        ]
        let text = [
            "txt": "plain", "csv": "csv", "html": "html", "htm": "html", "ics": "calendar",
            "md": "markdown", "log": "plain",
        ]
        let image = [
            "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp",
            "svg": "svg+xml", "tif": "tiff", "tiff": "tiff", "bmp": "bmp",
        ]
        var table: [String: MediaType] = [:]
        for (type, subtypes) in [("application", application), ("text", text), ("image", image)] {
            for (suffix, subtype) in subtypes {
                table[suffix] = MediaType(type: type, subtype: subtype)
            }
        }
        return table
    }()
}
