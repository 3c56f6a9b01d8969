"""What one training step of a zoo model costs, where the work is, and how fast two devices could be at best."""

from __future__ import annotations

from setsuden.workload.profile import profile


def main() -> None:
    found = profile("mobilenet-v2", batch_size=128, train=True, optimizer="adam")
    print(f"forward   {found.macs_per_sample / 1e6:8.1f} M MACs per sample")
    print(f"step      {found.training_ratio:8.3f} x forward")
    print(f"memory    {(found.peak_bytes or 0) / 1e9:8.2f} GB at its peak, batch of {found.batch_size}")
    for _, node in found.tree.walk():
        if node.path.count(".") == 0 and node.macs > 0.1 * found.macs and node.path:
            print(f"module {node.path:>3}: {100 * node.macs / found.macs:4.1f} % of the MACs, {node.kind}")
    for device in ("nvidia-h100-sxm5-80-gb", "nvidia-t4"):
        best = found.roofline(device)
        share = 100 * best.compute_bound_share
        print(f"{best.device.name}: at best {1e3 * best.time_s.value:.1f} ms per step, {share:.0f} % of it arithmetic")


if __name__ == "__main__":
    main()
