//! Faults of a format as findings: what the rules about documents share.

use crate::check::findings::Findings;
use crate::format::fault::FaultKind;
use crate::project::file::File;

/// Reports every fault of one kind. `help` is said where the fault itself says nothing better.
pub fn report(file: &File, kind: FaultKind, help: &str, findings: &mut Findings) {
    let Some(parsed) = file.parsed() else { return };
    for fault in parsed.faults.iter().filter(|fault| fault.kind == kind) {
        let place = file.place(fault.span).with_pointer(fault.pointer.clone());
        findings.push(
            place,
            fault.message.clone(),
            fault.help.clone().unwrap_or_else(|| help.to_owned()),
        );
    }
}
