//! How much memory a process may still take, as far as Linux tells.

use std::fs::read_to_string;
use std::path::Path;

/// Bytes that can be had without others losing theirs; `None` where nothing tells.
pub(super) fn available() -> Option<u64> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| of_machine(&text));
    let group = read_to_string("/proc/self/cgroup").ok().and_then(|text| of_groups(&text));
    machine.into_iter().chain(group).min()
}

/// The memory that the kernel estimates to be available, and what can be swapped out.
fn of_machine(meminfo: &str) -> Option<u64> {
    let entry = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib.saturating_mul(1024))
    };
    Some(entry("MemAvailable")?.saturating_add(entry("SwapFree").unwrap_or(0)))
}

/// The least memory that any control group of this process leaves (version 1 or version 2).
fn of_groups(groups: &str) -> Option<u64> {
    let lines = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        Some((controllers, path.trim_start_matches('/')))
    });
    let left = lines.filter_map(|(controllers, path)| {
        let (root, limit, usage) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
            _ => return None,
        };
        // A container may see its own group at the root, under the name that the host knows: what is not there is
        // passed over.
        let root = Path::new(root);
        let own = root.join(path);
        let above = own.ancestors().take_while(|group| group.starts_with(root));
        above.filter_map(|group| of_group(group, limit, usage)).min()
    });
    left.min()
}

fn of_group(group: &Path, limit: &str, usage: &str) -> Option<u64> {
    let number = |name: &str| read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let (limit, usage) = (number(limit)?, number(usage)?);
    let statistics = read_to_string(group.join("memory.stat")).unwrap_or_default();
    // Pages of files that were read long ago are given up first.
    let given_up = statistics
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
    Some(limit.saturating_sub(usage.saturating_sub(given_up.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_what_is_available_and_what_is_left_to_swap() {
        let text = "MemTotal:  24 kB\nMemFree: 1 kB\nMemAvailable:    20 kB\nSwapFree:  3 kB\n";
        assert_eq!(of_machine(text), Some(23 * 1024));
        assert_eq!(of_machine("MemAvailable: 7 kB\n"), Some(7 * 1024));
        assert_eq!(of_machine("MemTotal: 7 kB\n"), None);
        assert_eq!(of_machine("MemAvailable: many kB\n"), None);
    }

    #[test]
    fn a_group_leaves_its_limit_less_what_is_in_use() {
        let group = std::env::temp_dir().join(format!("spanmatch-group-{}", std::process::id()));
        std::fs::create_dir_all(&group).expect("a folder for a test");
        let write = |name: &str, text: &str| {
            std::fs::write(group.join(name), text).expect("a file for a test");
        };
        let left = || of_group(&group, "memory.max", "memory.current");
        assert_eq!(left(), None);
        write("memory.max", "1000\n");
        write("memory.current", "300\n");
        assert_eq!(left(), Some(700));
        write("memory.stat", "anon 200\ninactive_file 100\n");
        assert_eq!(left(), Some(800));
        write("memory.max", "max\n");
        assert_eq!(left(), None);
        std::fs::remove_dir_all(group).expect("the folder is there");
    }

    #[test]
    fn groups_that_are_not_there_say_nothing() {
        assert_eq!(of_groups("0::/no/such/group/here\n5:cpu:/\nno line"), of_groups("0::/\n"));
    }
}
