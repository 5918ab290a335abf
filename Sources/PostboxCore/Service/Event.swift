/// A stable word of the log and of the alerts: what scripts and monitoring go by.
///
/// These are all that there are. A test holds the program and the article `Events` to them.
package struct Event: Sendable, Hashable {
    package let word: String

    private init(_ word: String) { self.word = word }

    // MARK: - The service

    package static let started = Event("started")
    package static let startedHeld = Event("started_held")
    package static let spoolCopied = Event("spool_copied")
    package static let stopping = Event("stopping")
    package static let stopped = Event("stopped")
    package static let interrupted = Event("interrupted")
    package static let gaveUp = Event("gave_up")
    package static let leftHeld = Event("left_held")
    package static let progress = Event("progress")
    package static let reopened = Event("reopened")
    package static let reopenFailed = Event("reopen_failed")
    package static let traceFault = Event("trace_fault")
    package static let traceWhole = Event("trace_whole")
    package static let signalIgnored = Event("signal_ignored")
    package static let literalSecret = Event("literal_secret")
    package static let configWarning = Event("config_warning")
    package static let alertCommandFailed = Event("alert_command_failed")
    package static let alertWebhookFailed = Event("alert_webhook_failed")
    package static let alertWebhookWorks = Event("alert_webhook_works")
    package static let alertRepeated = Event("alert_repeated")
    package static let heartbeatFailed = Event("heartbeat_failed")
    package static let heartbeatWorks = Event("heartbeat_works")
    package static let managerFault = Event("manager_fault")
    package static let fault = Event("fault")
    package static let reloaded = Event("reloaded")
    package static let configRefused = Event("config_refused")
    package static let reloadProposed = Event("reload_proposed")
    package static let destinationLeft = Event("destination_left")

    // MARK: - Logins and connections

    package static let loggedIn = Event("logged_in")
    package static let disconnected = Event("disconnected")
    package static let loginRefused = Event("login_refused")
    package static let loginSuspect = Event("login_suspect")
    package static let loginResumed = Event("login_resumed")
    package static let failback = Event("failback")
    package static let supportUnknown = Event("support_unknown")
    package static let tlsNotVerified = Event("tls_not_verified")
    package static let tokenRenewed = Event("token_renewed")
    package static let tokenFailed = Event("token_failed")
    package static let tokenRefreshRefused = Event("token_refresh_refused")
    package static let destinationDown = Event("destination_down")
    package static let destinationUp = Event("destination_up")
    package static let destinationPaused = Event("destination_paused")
    package static let destinationResumed = Event("destination_resumed")
    package static let rehearsing = Event("rehearsing")
    package static let destinationMissing = Event("destination_missing")

    // MARK: - Answers of the server

    package static let inDoubt = Event("in_doubt")
    package static let lateAnswer = Event("late_answer")
    package static let unmappedError = Event("unmapped_error")
    package static let unreadableAnswer = Event("unreadable_answer")

    // MARK: - The inbox

    package static let waiting = Event("waiting")
    package static let waitingLong = Event("waiting_long")
    package static let waitingOver = Event("waiting_over")
    package static let companionAlone = Event("companion_alone")
    package static let ignored = Event("ignored")
    package static let nameTooLong = Event("name_too_long")
    package static let nameUnreadable = Event("name_unreadable")
    package static let watching = Event("watching")
    package static let watchFault = Event("watch_fault")
    package static let polling = Event("polling")
    package static let inotifyOverflow = Event("inotify_overflow")
    package static let inboxFault = Event("inbox_fault")
    package static let claimFault = Event("claim_fault")
    package static let tableFault = Event("table_fault")
    package static let tableRead = Event("table_read")

    // MARK: - Files

    package static let claimed = Event("claimed")
    package static let notRejects = Event("not_rejects")
    package static let posting = Event("posting")
    package static let fileDone = Event("file_done")
    package static let filePartial = Event("file_partial")
    package static let fileFailed = Event("file_failed")
    package static let fileRefused = Event("file_refused")
    package static let duplicateFile = Event("duplicate_file")
    package static let checkWarnings = Event("check_warnings")
    package static let tooManyNacked = Event("too_many_nacked")
    package static let maxAge = Event("max_age")
    package static let changedAfterRead = Event("changed_after_read")
    package static let contributionFault = Event("contribution_fault")
    package static let verifying = Event("verifying")
    package static let storedDifferently = Event("stored_differently")
    package static let verifyIncomplete = Event("verify_incomplete")
    package static let verifyUnsupported = Event("verify_unsupported")
    package static let heldForRelease = Event("held_for_release")
    package static let releaseAtRisk = Event("release_at_risk")
    package static let released = Event("released")
    package static let releaseRefused = Event("release_refused")
    package static let sentAgain = Event("sent_again")
    package static let holdOverdue = Event("hold_overdue")
    package static let republished = Event("republished")
    package static let withdrawn = Event("withdrawn")

    // MARK: - Expected files and deadlines

    package static let fileMissing = Event("file_missing")
    package static let fileArrivedLate = Event("file_arrived_late")
    package static let deadlineAtRisk = Event("deadline_at_risk")
    package static let deadlineMissed = Event("deadline_missed")
    package static let calendarEnds = Event("calendar_ends")

    // MARK: - Commands of the desk

    package static let held = Event("held")
    package static let resumed = Event("resumed")
    package static let cancelling = Event("cancelling")
    package static let deskAct = Event("desk_act")
    package static let orderVoid = Event("order_void")
    package static let foreignOrder = Event("foreign_order")
    package static let controlFault = Event("control_fault")
    package static let pageServed = Event("page_served")

    // MARK: - What an earlier run left

    package static let recovery = Event("recovery")
    package static let recoveredInDoubt = Event("recovered_in_doubt")
    package static let foreignFile = Event("foreign_file")

    // MARK: - Disk, spool and ledger

    package static let diskFault = Event("disk_fault")
    package static let diskRecovered = Event("disk_recovered")
    package static let diskLow = Event("disk_low")
    package static let diskWell = Event("disk_well")
    package static let ledgerFault = Event("ledger_fault")
    package static let ledgerMissing = Event("ledger_missing")
    package static let spoolFault = Event("spool_fault")
    package static let spoolTaken = Event("spool_taken")

    // MARK: - The record

    package static let recordFault = Event("record_fault")
    package static let recordRecovered = Event("record_recovered")
    package static let retention = Event("retention")
    package static let anchorFailed = Event("anchor_failed")
    package static let clockUnsynchronised = Event("clock_unsynchronised")
    package static let clockSynchronised = Event("clock_synchronised")

    /// How a file ended.
    package static func file(_ verdict: Verdict) -> Event {
        switch verdict {
        case .done: fileDone
        case .partial: filePartial
        case .refused: fileRefused
        case .failed: fileFailed
        }
    }

    /// All of them, in the order of the article.
    package static let all: [Event] = [
        .started, .startedHeld, .spoolCopied, .stopping, .stopped, .interrupted, .gaveUp, .leftHeld, .progress,
        .reopened, .reopenFailed,
        .traceFault, .traceWhole, .signalIgnored, .literalSecret, .configWarning, .alertCommandFailed,
        .alertWebhookFailed,
        .alertWebhookWorks,
        .alertRepeated, .heartbeatFailed, .heartbeatWorks, .managerFault, .fault,
        .reloaded, .configRefused, .reloadProposed, .destinationLeft, .loggedIn,
        .disconnected, .loginRefused, .loginSuspect, .loginResumed, .failback, .supportUnknown, .tlsNotVerified,
        .tokenRenewed, .tokenFailed, .tokenRefreshRefused, .destinationDown, .destinationUp, .destinationPaused,
        .destinationResumed, .rehearsing, .destinationMissing, .inDoubt, .lateAnswer, .unmappedError, .unreadableAnswer,
        .waiting,
        .waitingLong, .waitingOver, .companionAlone, .ignored, .nameTooLong, .nameUnreadable, .watching, .watchFault,
        .polling, .inotifyOverflow, .inboxFault, .claimFault, .tableFault, .tableRead, .claimed, .notRejects, .posting,
        .fileDone,
        .filePartial,
        .fileFailed, .fileRefused, .duplicateFile, .checkWarnings, .tooManyNacked, .maxAge, .changedAfterRead,
        .contributionFault, .verifying, .storedDifferently, .verifyIncomplete, .verifyUnsupported,
        .heldForRelease, .releaseAtRisk, .released, .releaseRefused, .sentAgain, .holdOverdue, .republished, .withdrawn,
        .fileMissing, .fileArrivedLate, .deadlineAtRisk, .deadlineMissed, .calendarEnds,
        .held, .resumed,
        .cancelling, .deskAct, .orderVoid, .foreignOrder, .controlFault, .pageServed, .recovery, .recoveredInDoubt,
        .foreignFile,
        .diskFault, .diskRecovered, .diskLow, .diskWell, .ledgerFault, .ledgerMissing, .spoolFault, .spoolTaken,
        .recordFault, .recordRecovered, .retention, .anchorFailed, .clockUnsynchronised, .clockSynchronised,
    ]
}
