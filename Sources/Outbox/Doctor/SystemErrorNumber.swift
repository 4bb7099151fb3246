/// The number of an error of the system, as programs print it.
struct SystemErrorNumber {
    let code: DiagnosisCode

    private static let meanings: [Int: DiagnosisCode] = [
        // Windows (Winsock).
        10013: .localPolicy, 10051: .unreachable, 10053: .connectionLost, 10054: .connectionLost,
        10060: .dropped, 10061: .refused, 10064: .unreachable, 10065: .unreachable,
        11001: .hostTypo, 11002: .nameServerDown, 11004: .hostTypo,
        // Linux.
        13: .localPolicy, 101: .unreachable, 104: .connectionLost, 110: .dropped, 111: .refused,
        113: .unreachable,
        // macOS.
        51: .unreachable, 54: .connectionLost, 60: .dropped, 61: .refused, 65: .unreachable,
        // getaddrinfo, which Python prints as a number below zero.
        -2: .hostTypo, -3: .nameServerDown, -5: .hostTypo,
    ]

    /// Finds `[WinError 10060]`, `[Errno 110]`, `SocketException (10061)` and the like.
    init?(in line: String) {
        let words = line.split { " ()[],:;'\"".contains($0) }.map(String.init)
        for (index, word) in words.enumerated() {
            guard let number = Int(word), let code = Self.meanings[number] else { continue }
            // Small numbers mean something only where they are called an error's.
            let before = index > 0 ? words[index - 1] : ""
            let isNamed = ["winerror", "errno", "error", "errorcode", "socketexception"].contains(
                where: before.hasSuffix)
            guard number >= 10_000 || isNamed else { continue }
            self.code = code
            return
        }
        return nil
    }
}
