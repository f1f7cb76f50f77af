import ArgumentParser

@main
struct Lethe: AsyncParsableCommand {
    func run() async throws {
        print("lethe")
    }
}
