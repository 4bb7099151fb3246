extension CommandTable {
    /// Every command of the product.
    package static let all = CommandTable([
        InitCommand.self,
        HubAttachCommand.self,
        JoinCommand.self,
        StatusCommand.self,
        SyncCommand.self,
        SendCommand.self,
        DeviceListCommand.self,
        DeviceInviteCommand.self,
        DeviceApproveCommand.self,
        DeviceRevokeCommand.self,
        VersionCommand.self,
    ])
}
