import torch
from core_gans import make
from dissect.generators.places import *
import dissect.generators.places as p, dissect.hooks as h
g=make('dcgan',shape=(3,32,64),width=8)
n=g.networks()['generator'] if hasattr(g,'networks') else None
print(n)
