import names as n

print(n.tuple_(3.0, 5.0))
print(n.tuple_(lambda_=3.0, lambda__=5.0))
print(n.any_(1.0, 2.0, 3.0), n.any_(x=1.0, _x_=2.0, x_=3.0))
print(n.abs_(min=[1, 2], any=3).tolist())
print(*n.swapped(n.Error_(None_=1.0, None__=2.0, _x_=3.0), n.Vec(x=4.0)))
try:
    n.abs_([[1.0]], 2.0)
except ValueError as error:
    print(error)
