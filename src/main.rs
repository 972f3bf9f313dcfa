//! The binary: hands over to the command line and returns its exit code; never holds logic.

fn main() -> std::process::ExitCode {
    baton::cli::run()
}
