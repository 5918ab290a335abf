/// This build's version, as summaries name it.
enum Version {
    static let text = "0.2.0"
}
