import CSodium
// Both headers define what is used here, and the compiler asks for whichever it read first.
import CUnix
import Glibc

extension Environment {
    /// Where systemd put what it keeps secret for the service (systemd.exec(5)).
    package static func credentialsDirectory() -> String? {
        getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
    }

    /// The proxy that the process's variables name, as libcurl reads them.
    package static func proxy() -> String? {
        let names: [String] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let values = names.compactMap { name in getenv(name).map { String(cString: $0) } }
        return values.first { !$0.isEmpty }
    }

    /// The environment of a running program.
    package static func live() -> Environment {
        Sodium.start()
        return Environment(
            now: {
                let time = readClock(CLOCK_REALTIME)
                return Timestamp(milliseconds: time.milliseconds)
            },
            uptime: { readClock(CLOCK_BOOTTIME) },
            sleep: { try await Task.sleep(for: $0, clock: .continuous) },
            randomBytes: { count in
                [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                    if let start = buffer.baseAddress { randombytes_buf(start, count) }
                    initialized = count
                }
            })
    }
}

private func readClock(_ clock: clockid_t) -> Duration {
    var time = timespec()
    let result = clock_gettime(clock, &time)
    precondition(result == 0, "Linux has had this clock since 2.6.39.")
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

extension Language {
    /// The language that the process's variables ask for (POSIX order).
    package static func ofProcess() -> Language {
        let names: [String] = ["LC_ALL", "LC_MESSAGES", "LANG"]
        let values = names.compactMap { name in getenv(name).map { String(cString: $0) } }
        return Language(locale: values.first { !$0.isEmpty } ?? "")
    }
}
