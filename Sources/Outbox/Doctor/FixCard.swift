package import SyncCore

/// What the doctor says about one ``DiagnosisCode``: what happens, why, and the one thing to do.
///
/// No card ever advises to switch the verification of certificates off.
package struct FixCard: Hashable, Sendable {
    package let code: DiagnosisCode
    /// What happens and why, in one or two sentences.
    package let cause: LocalizedText
    /// The one next action.
    package let action: LocalizedText

    init(_ code: DiagnosisCode, cause: LocalizedText, action: LocalizedText) {
        self.code = code
        self.cause = cause
        self.action = action
    }
}

extension DiagnosisCode {
    /// What to say about this code.
    package var card: FixCard {
        switch self {
        case .clock, .networkDown, .captivePortal, .proxyOnly, .networkFiltered, .onlyWeb,
            .mailShield, .localPolicy, .proxyRefused:
            machineCard
        case .hostTypo, .nameServerDown, .nameHijacked, .nameNotFound, .dropped, .refused,
            .unreachable, .connectionLost, .replyTimeout:
            networkCard
        case .tlsSilent, .tlsFailed, .tlsTooOld, .wrongSecurity, .bannerTimeout, .bannerRejected,
            .bannerMasked, .startTLSStripped, .intercepted, .certificateName,
            .certificateExpired, .certificateUntrusted, .authorityFile:
            conversationCard
        case .authNotOffered, .authMechanism, .badPassword, .appPassword, .officeAuthOff,
            .needsTLS, .needsAuthentication, .authTemporary, .passwordTransition:
            accountCard
        case .noSuchUser, .fromNotAllowed, .mailboxFull, .tooBig, .blocked, .senderUnproved,
            .greylisted, .rate, .quota, .outcomeUnknown, .notArriving:
            mailCard
        }
    }

    func card(_ cause: LocalizedText, _ action: LocalizedText) -> FixCard {
        FixCard(self, cause: cause, action: action)
    }
}
