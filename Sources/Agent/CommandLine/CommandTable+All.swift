import SyncCore

extension CommandTable {
    /// The commands that the front carries out itself, so that no engine knows them.
    static let ofFront: [(name: String, summary: LocalizedText)] = [
        (
            "agent",
            LocalizedText(
                es: "Ejecutar el motor en primer plano.", en: "Run the engine in the foreground.")
        )
    ]

    /// Every command of the product.
    package static let all = CommandTable([
        InitCommand.self,
        HubAttachCommand.self,
        JoinCommand.self,
        StatusCommand.self,
        DoctorCommand.self,
        DoctorPortsCommand.self,
        DoctorExplainCommand.self,
        SyncCommand.self,
        SyncExportCommand.self,
        SyncImportCommand.self,
        SendCommand.self,
        SendmailCommand.self,
        OutboxListCommand.self,
        OutboxShowCommand.self,
        OutboxRetryCommand.self,
        OutboxCancelCommand.self,
        OutboxHoldCommand.self,
        OutboxReleaseCommand.self,
        OutboxResolveCommand.self,
        OutboxRecallCommand.self,
        DeviceListCommand.self,
        DeviceInviteCommand.self,
        DeviceApproveCommand.self,
        DeviceGrantCommand.self,
        DeviceWithdrawCommand.self,
        DeviceRevokeCommand.self,
        QuarantineListCommand.self,
        QuarantineReleaseCommand.self,
        QuarantineDiscardCommand.self,
        RecoveryAppointCommand.self,
        RecoveryRevokeCommand.self,
        RecoverySettleCommand.self,
        UserAddCommand.self,
        UserListCommand.self,
        AccountDiscoverCommand.self,
        AccountAddCommand.self,
        AccountSetCommand.self,
        AccountListCommand.self,
        AccountShowCommand.self,
        AccountTestCommand.self,
        FallbackListCommand.self,
        FallbackSetCommand.self,
        ConfigListCommand.self,
        ConfigGetCommand.self,
        ConfigSetCommand.self,
        ConfigHistoryCommand.self,
        ConfigConflictsCommand.self,
        ConfigResolveCommand.self,
        ConfigUndoCommand.self,
        LogListCommand.self,
        LogShowCommand.self,
        LogExportCommand.self,
        LogVerifyCommand.self,
        KeyListCommand.self,
        KeyAddPassphraseCommand.self,
        KeyAddRecoveryCommand.self,
        KeyRemoveCommand.self,
        KeyRotateCommand.self,
        KeyRecoverCommand.self,
        BackupCreateCommand.self,
        BackupVerifyCommand.self,
        BackupRestoreCommand.self,
        VersionCommand.self,
    ])
}
