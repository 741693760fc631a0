"""Samples on a device, and their sums there. In `pair`, only this package imports torch.

Read `tensors`, which checks and reads tensors, then `gram`, the sums, and then `all_reduce`, which
adds the sums of all processes.
"""
