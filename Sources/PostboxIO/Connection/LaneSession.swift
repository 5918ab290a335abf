internal import Logging
internal import NIOCore
package import PostboxCore

/// A lane's connections, one after the other: from the credentials to the end, and which server comes next.
extension PostingLane {
    /// Keeps the destination logged in until it is stopped.
    package func run() async {
        while !machine.isEnding {
            takeChange()
            let url = rotation.url
            let end = await session(url)
            if machine.isEnding { break }
            if isChanging {
                set(.connecting("it logs in anew: its configuration was changed"))
                continue
            }
            let pause = rotation.ended(end, at: Clock.monotonic(), jitter: .random(in: 0...1))
            set(pause.state)
            if case .refused(let why) = pause.state {
                world.alert(
                    Alert(
                        event: .loginRefused, message: why,
                        facts: ["destination": destination.name, "url": url.text]))
            }
            world.logger.warning(
                "connection ended",
                metadata: [
                    "event": .event(.disconnected), "url": "\(url.text)", "reason": "\(end.text)",
                    "retry_in_ms": "\(pause.length / 1_000_000)",
                ])
            await sleep(pause.length)
        }
        finish()
    }

    /// A session that other settings cut short while it was not connected yet.
    private func session(_ url: Destination.URL) async -> ServerRotation.End {
        let task = Task { try await connect(to: url) }
        attempt = task
        defer { attempt = nil }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            let isRefused = (error as? ConnectionError)?.code == .credentials
            return ServerRotation.End(retry: isRefused ? .refused : .soon, text: "\(error)", wasOpen: false)
        }
    }

    private func sleep(_ nanoseconds: Int64) async {
        guard nanoseconds > 0, !machine.isEnding else { return }
        let task = world.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
            self.assumeIsolated { $0.waiters.endPause() }
        }
        await withCheckedContinuation { continuation in
            if machine.isEnding { continuation.resume() } else { waiters.pause = continuation }
        }
        task.cancel()
    }

    private func connect(to url: Destination.URL) async throws -> ServerRotation.End {
        let login = try await credentials(rotation.wereRefused) { text in
            self.world.eventLoop.execute { self.assumeIsolated { $0.waitsForCredentials(text) } }
        }
        rotation.wereRefused = false
        connections += 1
        let number = connections
        let channel = try await ConnectionMaker.connect(
            to: url, tls: destination.tls, proxy: proxy(for: url), on: world.eventLoop, timeout: .seconds(10)
        ) { FrameHandler(lane: self, connection: number) }
        guard !machine.isEnding, !isChanging, channel.isActive else {
            channel.close(promise: nil)
            return ServerRotation.End(retry: .soon, text: "\(url.text) closed the connection", wasOpen: false)
        }
        let now = Clock.monotonic()
        let link = LaneLink(number: number, url: url, channel: channel, profile: destination.profile, now: now)
        self.link = link
        machine.connected()
        encoder.connected(from: localAddress(of: channel))
        machine.lonePosts = encoder.codec.lonePosts
        lastLogin.began(at: url, as: destination.loginName)
        let message = OutboundMessage.login(
            login, applicationID: destination.applicationID, position: encoder.position)
        run(link.login.connected(at: now), number, loginMessage: message)
        arm()
        let watch = rotation.looksBack ? Task { await watchFirst(number) } : nil
        defer { watch?.cancel() }
        // It may have ended already, between the connection and here.
        return await withCheckedContinuation { link.whenOver($0) }
    }

    /// What keeps the login waiting is worth more than how the last connection ended.
    private func waitsForCredentials(_ text: String) {
        guard link == nil, !machine.isEnding else { return }
        set(.connecting(text))
    }

    private func proxy(for url: Destination.URL) -> ProxyAddress? {
        destination.proxy.flatMap { ProxyAddress($0) }
            ?? ProxyAddress.fromEnvironment(world.environment, for: url)
    }

    private func localAddress(of channel: any Channel) -> String {
        if case .v4? = channel.localAddress, let ip = channel.localAddress?.ipAddress { return ip }
        return LocalAddress.ofThisHost(for: rotation.first.host)
    }

    // MARK: - The login

    func run(_ action: LoginStream.Action, _ number: Int, loginMessage: String? = nil) {
        switch action {
        case .none:
            break
        case .sendLogin:
            if let loginMessage { sendText(loginMessage) }
        case .opened(let limits):
            opened(limits)
        case .paused(let words):
            machine.suspended()
            set(.paused("the server's login is \(words)"))
            world.alert(
                Alert(
                    event: .loginSuspect, isError: false,
                    message: "posting to \(destination.name) pauses: login \(words)",
                    facts: ["destination": destination.name]))
        case .resumed:
            machine.resumed()
            if machine.isReady { set(.ready) }
            world.logger.info("login is well again", metadata: ["event": .event(.loginResumed)])
        case .close(let retry, let text):
            // "System busy" says nothing about the credentials.
            rotation.wereRefused = retry == .refused || machine.isLoggedIn
            end(number, retry, text)
        }
    }

    private func opened(_ limits: LoginStream.Limits) {
        guard let link else { return }
        link.keepAlive.set(timeout: limits.pingTimeout)
        let rate = [limits.maxMessagesPerSecond, destination.maxPostsPerSecond].compactMap { $0 }.min()
        machine.opened(rate: rate)
        lastLogin.opened(
            limits, at: link.url, as: destination.loginName, server: link.applicationName, rate: rate,
            now: Clock.wall())
        set(.ready)
        world.logger.info(
            "logged in",
            metadata: [
                "event": .event(.loggedIn), "url": "\(link.url.text)", "max_msg_size": "\(limits.maxMsgSize)",
                "posts_per_second": "\(rate.map(String.init) ?? "unlimited")",
            ])
    }

    /// Puts new credentials on the live session. The server stays silent when it agrees (What servers do §2.1).
    package func reissue(_ credentials: OutboundMessage.Credentials) {
        if machine.mayReissue() { putOn(credentials) } else { link?.credentials = credentials }
    }

    func putOn(_ credentials: OutboundMessage.Credentials) {
        link?.credentials = nil
        sendText(
            OutboundMessage.login(
                credentials, applicationID: destination.applicationID, position: encoder.position, isReissue: true))
        world.logger.info("new token on the live session", metadata: ["event": .event(.tokenRenewed)])
    }

    // MARK: - Back to the first server

    /// Looks every few seconds whether the first server takes connections again.
    private func watchFirst(_ number: Int) async {
        while link?.number == number, !machine.isEnding {
            try? await Task.sleep(for: .nanoseconds(ServerRotation.failbackInterval))
            guard link?.number == number, !Task.isCancelled else { return }
            let url = rotation.first
            guard
                let channel = try? await ConnectionMaker.connect(
                    to: url, tls: destination.tls, proxy: proxy(for: url), on: world.eventLoop,
                    timeout: .seconds(5), frames: { DiscardHandler() })
            else { continue }
            channel.close(promise: nil)
            guard link?.number == number else { return }
            world.logger.notice(
                "the first server is well again; going back to it when nothing is in flight",
                metadata: ["event": .event(.failback), "url": "\(url.text)"])
            machine.goBack()
            return pump()
        }
    }

    func goBack() {
        guard let link else { return }
        sendText(OutboundMessage.loginClose)
        guard !isChanging else { return end(link.number, .soon, "it logs in anew: its configuration was changed") }
        rotation.goBack()
        end(link.number, .soon, "going back to the first server")
    }

    // MARK: - The end of a connection

    /// The connection is over: what was in flight is in doubt.
    func connectionEnded(_ number: Int, _ text: String) {
        end(number, .soon, text)
    }

    func end(_ number: Int, _ retry: LoginStream.Retry, _ text: String) {
        guard let link, link.number == number else { return }
        let end = ServerRotation.End(retry: retry, text: text, wasOpen: machine.isLoggedIn)
        self.link = nil
        waiters.endDirectory(nil)
        link.channel.close(promise: nil)
        if machine.inFlight > 0 {
            world.logger.warning(
                "posts are in doubt",
                metadata: ["event": .event(.inDoubt), "posts": "\(machine.inFlight)", "reason": "\(text)"])
        }
        machine.lost(now: Clock.now())
        if !machine.isEnding { set(.connecting(text)) }
        pump()
        link.end(end)
    }

    // MARK: - What the server has

    /// Which services the server has and whether they are up (The wire §10); nil: it does not say within the timeout.
    package func services(timeout: Duration) async -> [String: Bool]? {
        guard let link, waiters.directory == nil else { return nil }
        let deadline = world.eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
            self.assumeIsolated { $0.waiters.endDirectory(nil) }
        }
        defer { deadline.cancel() }
        return await withCheckedContinuation { continuation in
            link.directory = ServiceDirectory()
            waiters.directory = continuation
            sendText(OutboundMessage.directoryRequest)
        }
    }
}
