import PostboxCore
import TestSupport
import Testing

@Suite("The kept text of a configuration holds no secret", .computing)
struct ConfigurationCopyTests {
    private static func copy(_ text: String, _ secrets: (Int, String)..., address: Bool = false) -> String {
        ConfigurationCopy.text(
            of: text, without: secrets.map { .init(line: $0.0, text: $0.1, isAddress: address) })
    }

    @Test("A password is replaced where it stands; its key, the other lines and remarks stay")
    func plain() {
        #expect(
            Self.copy("# ours\ntoken:\n  password: pass   # theirs\n  scope: x\n", (3, "pass"))
                == "# ours\ntoken:\n  password: REPLACED   # theirs\n  scope: x\n")
        #expect(
            Self.copy("token: {password: \"p: w\", scope: p}", (1, "p: w"))
                == "token: {password: \"REPLACED\", scope: p}")
        #expect(Self.copy("a: password", (1, "password")) == "a: REPLACED")
        #expect(Self.copy("password: password\r\nb: 1\r\n", (1, "password")) == "password: REPLACED\r\nb: 1\r\n")
    }

    @Test("References stay as they are, and what stands beside one goes")
    func references() {
        #expect(Self.copy("password: ${file:pw}", (1, "${file:pw}")) == "password: ${file:pw}")
        #expect(Self.copy("password: ab${env:X}cd", (1, "ab${env:X}cd")) == "password: REPLACED${env:X}REPLACED")
    }

    @Test("Of an address only user and password go")
    func addresses() {
        #expect(
            Self.copy("proxy: http://me:secret@proxy:8080/x@y", (1, "http://me:secret@proxy:8080/x@y"), address: true)
                == "proxy: http://REPLACED:REPLACED@proxy:8080/x@y")
        #expect(
            Self.copy("urls: [ws://a, ws://b]", (1, "ws://a"), (1, "ws://b"), address: true) == "urls: [ws://a, ws://b]"
        )
        #expect(
            Self.copy("proxy: http://me:${env:P}@proxy", (1, "http://me:${env:P}@proxy"), address: true)
                == "proxy: http://REPLACED:REPLACED${env:P}@proxy")
    }

    @Test("What is written over several lines or with escapes goes with its lines, and nothing else does")
    func leftOut() {
        let out = ConfigurationCopy.leftOut
        #expect(
            Self.copy("a:\n  password: |\n    first\n\n    second\n  scope: x\n", (2, "first\n\nsecond\n"))
                == "a:\n\(out)\n\(out)\n\n\(out)\n  scope: x\n")
        #expect(Self.copy("password: \"a\\\"b\"\nscope: x", (1, "a\"b")) == "\(out)\nscope: x")
    }

    @Test("A long secret is found in a remark, too")
    func remark() {
        #expect(
            Self.copy("# it was hunter2222 before\npassword: hunter2222", (2, "hunter2222"))
                == "# it was REPLACED before\npassword: REPLACED")
    }
}
