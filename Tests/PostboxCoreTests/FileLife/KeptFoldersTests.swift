import PostboxCore
import Testing

@Suite("Folders as the ledger keeps them")
struct KeptFoldersTests {
    private let own = KeptFolders(Settings.Directories(spool: "/var/spool/p"))

    @Test("Below the spool they are kept without its path, elsewhere with all of it")
    func kept() {
        for (folder, kept) in [
            ("/var/spool/p/done", "done"), ("/var/spool/p/failed/2026-11-29", "failed/2026-11-29"),
            ("/data/done", "/data/done"), ("/var/spool/p2/done", "/var/spool/p2/done"), ("", ""),
        ] {
            #expect(own.kept(folder) == kept && own.folder(kept) == folder)
        }
        #expect(KeptFolders(Settings.Directories(spool: "/mnt/copy")).folder("done") == "/mnt/copy/done")
    }

    @Test(
        "A folder of another spool may be here by its name, or by its name and day; its own, and one like none of its, may not"
    )
    func elsewhere() {
        #expect(own.elsewhere("/old/p/done") == ["/var/spool/p/done"])
        #expect(own.elsewhere("/old/p/failed/2026-11-29") == ["/var/spool/p/failed/2026-11-29"])
        #expect(own.elsewhere("spool/done") == ["/var/spool/p/done"])
        for folder in ["/var/spool/p/done", "/old/p/archive", "/old/done/a/b"] {
            #expect(own.elsewhere(folder) == [])
        }
        let set = KeptFolders(Settings.Directories(spool: "/var/spool/p", done: "/data/done"))
        #expect(set.elsewhere("/data/done/2026-11-29") == [] && set.elsewhere("/old/done") == ["/data/done"])
    }
}
