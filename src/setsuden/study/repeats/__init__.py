"""Groups of runs compared: is B cheaper than A, and would further repeats tell?"""

from setsuden.study.repeats.comparison import Comparison, Contrast, GroupResult, compare

__all__ = ["Comparison", "Contrast", "GroupResult", "compare"]
