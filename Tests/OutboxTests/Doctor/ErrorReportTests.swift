import Testing

@testable import Outbox

/// What other programs print, and what is made of it.
struct ErrorReportTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let code: DiagnosisCode?
        var host: String?
        var port: Int?

        init(
            _ name: String, _ code: DiagnosisCode?, host: String? = nil, port: Int? = nil,
            _ text: String
        ) {
            (testDescription, self.code, self.host, self.port, self.text) =
                (name, code, host, port, text)
        }
    }

    private static let rows = [
        Row(
            "Django on Windows, a dropped port", .dropped, host: "smtp.gmail.com", port: 587,
            #"""
            EMAIL_HOST = 'smtp.gmail.com'
            EMAIL_PORT = 587
            Traceback (most recent call last):
              File "C:\Python311\Lib\smtplib.py", line 545, in sendmail
              File "C:\Python311\Lib\smtplib.py", line 262, in connect
                self.sock = self._get_socket(host, port, self.timeout)
            TimeoutError: [WinError 10060] A connection attempt failed because the connected party
            """#),
        Row(
            "Python, Spanish Windows, refused", .refused,
            "ConnectionRefusedError: [WinError 10061] No se puede establecer una conexión ya que "
                + "el equipo de destino denegó expresamente dicha conexión"),
        Row("Python, Linux", .dropped, "TimeoutError: [Errno 110] Connection timed out"),
        Row("Python, name", .hostTypo, "socket.gaierror: [Errno -2] Name or service not known"),
        Row(
            "Python, DNS", .nameServerDown,
            "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
        Row("Python, Windows name", .hostTypo, "socket.gaierror: [Errno 11001] getaddrinfo failed"),
        Row(
            "Python, password", .badPassword,
            "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted')"),
        Row(
            "Python, app password", .appPassword,
            "smtplib.SMTPAuthenticationError: (534, b'5.7.9 Application-specific password "
                + "required.')"),
        Row(
            "Python, recipient", .noSuchUser,
            "smtplib.SMTPRecipientsRefused: {'x@y.com': (550, b'5.1.1 No such user')}"),
        Row(
            "Python, certificate", .certificateUntrusted,
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
                + "failed: self-signed certificate in certificate chain (_ssl.c:1006)"),
        Row(
            "Python, name of the certificate", .certificateName, host: "smtp.empresa.com",
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
                + "failed: Hostname mismatch, certificate is not valid for 'smtp.empresa.com'."),
        Row(
            "Python, wrong port", .wrongSecurity,
            "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"),
        Row(
            "Python, cut", .connectionLost,
            "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"),
        Row(
            ".NET, dropped", .dropped,
            "System.Net.Mail.SmtpException: Failure sending mail.\n ---> "
                + "System.Net.Sockets.SocketException (10060): A connection attempt failed because "
                + "the connected party did not properly respond after a period of time"),
        Row(
            ".NET, Office 365", .officeAuthOff,
            "System.Net.Mail.SmtpException: The SMTP server requires a secure connection or the "
                + "client was not authenticated. The server response was: 535 5.7.139 "
                + "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant"
        ),
        Row(
            "MailKit, antivirus", .intercepted,
            "MailKit.Security.SslHandshakeException: An error occurred while attempting to "
                + "establish an SSL or TLS connection. The certificate issuer is Avast Web/Mail "
                + "Shield Root"),
        Row(
            "PHP, dropped", .dropped, host: "smtp.gmail.com", port: 587,
            "PHP Warning: fsockopen(): unable to connect to smtp.gmail.com:587 (Connection timed "
                + "out) in /var/www/class.smtp.php on line 411"),
        Row(
            "PHPMailer", .badPassword,
            "Mailer Error: SMTP Error: Could not authenticate."),
        Row(
            "PHP, TLS", .tlsFailed,
            "stream_socket_enable_crypto(): Cannot enable crypto: handshake"),
        Row(
            "Java, refused", .refused, host: "smtp.office365.com", port: 587,
            "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: "
                + "smtp.office365.com, 587; timeout -1;\n  nested exception is:\n"
                + "\tjava.net.ConnectException: Connection refused (Connection refused)"),
        // Each line says something; the failure is the last.
        Row(
            "Python, another failure while one was handled", .refused,
            """
            TimeoutError: [Errno 110] Connection timed out

            During handling of the above exception, another exception occurred:

            Traceback (most recent call last):
              File "envia.py", line 9, in <module>
            ConnectionRefusedError: [Errno 111] Connection refused
            """),
        Row(
            "Java, name", .hostTypo, host: "smtp.gmial.com",
            "Caused by: java.net.UnknownHostException: smtp.gmial.com"),
        Row(
            "Java, certificate", .certificateUntrusted,
            "javax.net.ssl.SSLHandshakeException: sun.security.validator.ValidatorException: PKIX "
                + "path building failed"),
        Row(
            "a server's own words", .quota, "550 5.4.5 Daily user sending limit exceeded"),
        Row("nothing of mail", nil, "KeyError: 'EMAIL'\n  File \"x.py\", line 545, in f"),
        Row("nothing", nil, ""),
    ]

    @Test(arguments: rows)
    func `the cause, the server and the port are read`(row: Row) {
        let report = ErrorReport(row.text)
        #expect(report.code == row.code)
        #expect(report.host?.text == row.host)
        #expect(report.port == row.port)
        #expect((report.evidence == nil) == (row.code == nil))
    }

    @Test func `a hostile report neither stops the reader nor reaches the terminal`() {
        let line = String(repeating: "A", count: 100_000) + "\u{1B}[2J connection refused"
        let report = ErrorReport(line)
        #expect(report.code == .refused)
        #expect((report.evidence?.count ?? 0) < 400)
        #expect(report.evidence?.contains("\u{1B}") == false)
    }
}
