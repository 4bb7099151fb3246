/// What is known beforehand of a company that sends mail for others.
///
/// The ways are in the order in which they are tried. Sources: Thunderbird's ISPDB and each
/// provider's own documentation.
package struct Provider: Hashable, Sendable {
    /// How the provider wants an account to sign in.
    package enum SignIn: String, Hashable, Sendable {
        case password
        /// The account's own password is refused; one made for programs is accepted.
        case appPassword = "app_password"
        /// A key of the provider's, with a fixed user name or none.
        case apiKey = "api_key"
        /// Only OAuth2.
        case oauth2
    }

    package let name: String
    /// Its mail servers, the first one for new accounts.
    package let hosts: [String]
    /// The ends of addresses that it alone serves.
    package let domains: [String]
    package let routes: [AccountRoute]
    package let signIn: SignIn
    /// The user name, when it is the same for everybody.
    package var fixedLogin: String?
    /// How many recipients an account may write to in a day, when the provider says so.
    package var recipientsPerDay: Int?

    /// The provider whose server this is.
    package static func serving(_ host: ServerName) -> Provider? {
        all.first { $0.hosts.contains { host.text == $0 || host.text.hasSuffix(".\($0)") } }
    }

    /// The provider of the addresses of a domain.
    package static func ofAddresses(at domain: MailDomain) -> Provider? {
        all.first { $0.domains.contains(domain.text.lowercased()) }
    }
}

extension Provider {
    private static let usual = ways("465/implicit", "587/starttls")

    private static func ways(_ texts: String...) -> [AccountRoute] {
        texts.compactMap { AccountRoute($0) }
    }

    /// Every provider that is known, in alphabetical order.
    package static let all: [Provider] = [
        Provider(
            name: "Amazon SES", hosts: ["amazonaws.com"], domains: [],
            routes: ways("465/implicit", "587/starttls", "2465/implicit", "2587/starttls"),
            signIn: .apiKey),
        Provider(
            name: "Brevo", hosts: ["smtp-relay.brevo.com"], domains: [],
            routes: ways("587/starttls", "465/implicit", "2525/starttls"), signIn: .apiKey),
        Provider(
            name: "Gmail", hosts: ["smtp.gmail.com", "smtp-relay.gmail.com"],
            domains: ["gmail.com", "googlemail.com"], routes: usual, signIn: .appPassword,
            recipientsPerDay: 500),
        Provider(
            name: "GoDaddy",
            hosts: [
                "smtpout.secureserver.net", "smtpout.asia.secureserver.net",
                "smtpout.europe.secureserver.net",
            ], domains: [],
            routes: ways("465/implicit", "587/starttls", "3535/starttls", "80/starttls"),
            signIn: .password, recipientsPerDay: 250),
        Provider(
            name: "iCloud", hosts: ["smtp.mail.me.com"],
            domains: ["icloud.com", "me.com", "mac.com"], routes: ways("587/starttls"),
            signIn: .appPassword, recipientsPerDay: 1000),
        Provider(
            name: "Mailgun", hosts: ["smtp.mailgun.org", "smtp.eu.mailgun.org"], domains: [],
            routes: ways("465/implicit", "587/starttls", "2525/starttls"), signIn: .apiKey),
        Provider(
            name: "Mailtrap", hosts: ["live.smtp.mailtrap.io"], domains: [],
            routes: ways("587/starttls", "2525/starttls"), signIn: .apiKey),
        Provider(
            name: "Microsoft 365", hosts: ["smtp.office365.com"], domains: [],
            routes: ways("587/starttls"), signIn: .oauth2),
        Provider(
            name: "Outlook.com", hosts: ["smtp-mail.outlook.com"],
            domains: ["outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.es"],
            routes: ways("587/starttls"), signIn: .oauth2),
        Provider(
            name: "Postmark", hosts: ["smtp.postmarkapp.com"], domains: [],
            routes: ways("2525/starttls", "587/starttls", "25/starttls"), signIn: .apiKey),
        Provider(
            name: "Resend", hosts: ["smtp.resend.com"], domains: [],
            routes: ways("465/implicit", "587/starttls", "2465/implicit", "2587/starttls"),
            signIn: .apiKey, fixedLogin: "resend"),
        Provider(
            name: "SendGrid", hosts: ["smtp.sendgrid.net"], domains: [],
            routes: ways("465/implicit", "587/starttls", "2525/starttls"), signIn: .apiKey,
            fixedLogin: "apikey"),
        Provider(
            name: "Yahoo", hosts: ["smtp.mail.yahoo.com"],
            domains: ["yahoo.com", "yahoo.es", "yahoo.com.mx", "ymail.com"], routes: usual,
            signIn: .appPassword, recipientsPerDay: 500),
        Provider(
            name: "Zoho",
            hosts: [
                "smtp.zoho.com", "smtp.zoho.eu", "smtp.zoho.in", "smtp.zoho.com.au",
                "smtp.zoho.jp", "smtp.zohocloud.ca", "smtppro.zoho.com",
            ], domains: ["zoho.com", "zohomail.com"], routes: usual, signIn: .appPassword),
    ]
}
