"""Samples that lie on a device, and their sums there. Here alone the pair imports torch.

Read `tensors`, what is read of a tensor and where; then `gram`, its sums; then `all_reduce`, the
sums of all processes.
"""
