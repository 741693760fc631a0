"""Samples on a device, and their sums there. This is the only part of the room that imports torch.

Read `tensors`, which checks and reads tensors, then `gram`, the sums, and then `all_reduce`, which
adds the sums of all processes.
"""
