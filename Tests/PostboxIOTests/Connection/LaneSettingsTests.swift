import PostboxCore
import Testing

@testable import PostboxIO

@Suite("What a lane goes by")
struct LaneSettingsTests {
    private func choice(window: Int) -> LaneSettings.Choice {
        LaneSettings.Choice(destination: destination(1) { $0.window = window }) { _, _ in .user("user\(window)") }
    }

    @Test("Other settings wait until they are taken, with where their credentials come from; the newest ones win")
    func change() async throws {
        var settings = LaneSettings(choice(window: 1))
        #expect(!settings.isChanging && settings.wanted.window == 1)
        let nothing = settings.takeNext()
        #expect(nothing == nil && settings.now.destination.window == 1)

        settings.change(to: choice(window: 2))
        settings.change(to: choice(window: 3))
        #expect(settings.isChanging && settings.wanted.window == 3 && settings.now.destination.window == 1)
        var credentials = try await settings.now.credentials(false) { _ in }
        #expect(credentials == .user("user1"))

        let taken = settings.takeNext()
        #expect(taken?.window == 3 && settings.now.destination.window == 3 && settings.wanted.window == 3)
        #expect(!settings.isChanging)
        credentials = try await settings.now.credentials(false) { _ in }
        #expect(credentials == .user("user3"))
        let again = settings.takeNext()
        #expect(again == nil)
    }
}
