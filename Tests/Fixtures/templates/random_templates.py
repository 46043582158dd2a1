"""Random templates over the names of context.json: expressions, statements, and texts with a few wrong characters."""

import random
R=random
WORDS=['hello world','abc','','a,b,c',' x ','Foo Bar','ÉTÉ','straße','a\\nb\\nc','12','-3.5','x-y_z','<b>&','日本語','😀','e\u0301a','%s','{}','aXbX','None']
NAMES=['n','f','words','nested','people','text','empty','messages','tools','bos_token','x','y','z','nope','a','b','ns','m','big']
def q(s): return "'"+s.replace("'","\\'")+"'"
def lit_str(): return q(R.choice(WORDS))
def lit_int(): return str(R.choice([0,1,2,3,5,7,10,-1,-2,100,255,1234567]))
def lit_float(): return R.choice(['0.5','1.0','2.5','-1.5','1e3','1e-5','3.14159','1e16','100.0','0.1'])
def expr(d):
    if d<=0: return R.choice([lit_str,lit_int,lit_float,lambda:R.choice(['true','false','none']),lambda:R.choice(NAMES)])()
    return R.choice(EX)(d-1)
def par(d): return '('+expr(d)+')'
def lst(d): return '['+', '.join(expr(d) for _ in range(R.randint(0,4)))+']'
def nums(d): return '['+', '.join(R.choice([lit_int,lit_float])() for _ in range(R.randint(0,5)))+']'
def strs(d): return '['+', '.join(lit_str() for _ in range(R.randint(0,5)))+']'
def tup(d):
    n=R.randint(0,3); return '('+', '.join(expr(d) for _ in range(n))+(',' if n==1 else '')+')'
def dct(d): return '{'+', '.join(R.choice([lit_str,lit_int,lambda:q(R.choice('abcxy'))])()+': '+expr(d) for _ in range(R.randint(0,3)))+'}'
def dicts(d): return R.choice(['people','messages','['+', '.join(dct(0) for _ in range(R.randint(0,3)))+']'])
def strx(d):
    return R.choice([lit_str, lambda: R.choice(['text','bos_token','messages[0].role','words[0]','messages[-1].content']), lambda: par(d), lambda:'('+lit_str()+'|safe)', lambda: lit_str()+' ~ '+lit_int()])()
def seqx(d):
    return R.choice([lambda:lst(d),lambda:nums(d),lambda:strs(d),lambda:tup(d),lambda:dct(d),lambda:dicts(d),lambda:'words',lambda:'range(%d)'%R.randint(0,6),lambda:strx(d),lambda:'(%s|list)'%strx(d), lambda: 'nested.items()', lambda:'empty', lambda:'(words|map("upper"))'])()
def binop(d): return par(d)+' '+R.choice(['+','-','*','/','//','%','~','and','or','==','!=','<','>','<=','>=','in','not in','+','~','==','in'])+' '+par(d)
def nump(d): return R.choice([lit_int,lit_float,lambda:'n',lambda:'f'])()+' '+R.choice(['+','-','*','/','//','%','**','<','>=','=='])+' '+R.choice(['1','2','3','-2','0.5','2.0','10'])
def rawbin(d): return ' '.join(x for i in range(R.randint(2,4)) for x in ([expr(0)] if i==0 else [R.choice(['+','-','*','//','%','~','and','or','==','<','in','not in','is','|']) ,expr(0)]) ) if R.random()<.3 else expr(0)+' '+R.choice(['+','-','*','/','~','==','<','<=','and','or','in','%'])+' '+expr(0)+' '+R.choice(['+','-','*','~','==','<','<=','and','or','in','%'])+' '+expr(0)
def unop(d): return R.choice(['not ','-','+'])+par(d)
def cond(d): return par(d)+' if '+par(d)+(' else '+par(d) if R.random()<.8 else '')
def sub(d): return R.choice([seqx,seqx,par])(d)+'['+R.choice([lit_int,lit_str,lambda:expr(d)])()+']'
def sl(d):
    p=lambda:R.choice(['','','1','-1','2','-2','0','10','none','n'])
    s=p()+':'+p()
    if R.random()<.4: s+=':'+R.choice(['','-1','2','1','-2','3'])
    return seqx(d)+'['+s+']'
def attr(d): return R.choice([lambda:dicts(d)+'[0]',lambda:'people[%d]'%R.randint(0,3),lambda:'messages[%d]'%R.randint(0,4),lambda:dct(d),lambda:par(d),lambda:'nested'])()+'.'+R.choice(['role','content','name','age','town','a','b','x','items','keys','upper','tool_calls','nope'])
SM=[('upper',0),('lower',0),('title',0),('capitalize',0),('swapcase',0),('strip','s?'),('lstrip','s?'),('rstrip','s?'),('split','s?i?'),('rsplit','s?i?'),('splitlines','b?'),('startswith','si?i?'),('endswith','si?i?'),('find','si?i?'),('rfind','si?i?'),('count','si?i?'),('index','s'),('replace','ssi?'),('partition','s'),('rpartition','s'),('join','l'),('center','is?'),('ljust','is?'),('rjust','is?'),('zfill','i'),('expandtabs','i?'),('isdigit',0),('isalpha',0),('isalnum',0),('isspace',0),('islower',0),('isupper',0),('istitle',0),('isnumeric',0),('isdecimal',0),('isidentifier',0),('isprintable',0),('isascii',0),('casefold',0),('removeprefix','s'),('removesuffix','s'),('format','aaa'),('encode_',0)]
def arg(k,d):
    if k=='s': return R.choice([lit_str,lambda:q(R.choice([',',' ','a','-','X','x','\\n','b',''])),lambda:q(R.choice([',',' ','a','-','X','x','\\n','b','']))])()
    if k=='i': return R.choice(['0','1','2','3','-1','5','10','none','1.5','true'] if R.random()<.3 else ['0','1','2','3','-1','5','10'])
    if k=='b': return R.choice(['true','false'])
    if k=='l': return R.choice([strs,lst,seqx])(d)
    return expr(d)
def args(spec,d):
    out=[];i=0
    if not spec: return ''
    while i<len(spec):
        k=spec[i]; opt=i+1<len(spec) and spec[i+1]=='?'
        i+=2 if opt else 1
        if opt and R.random()<.55: break
        if R.random()<.03: out.append(expr(d))
        else: out.append(arg(k,d))
    return ', '.join(out)
def meth(d):
    m,s=R.choice(SM); return strx(d)+'.'+m+'('+args(s,d)+')'
def dmeth(d): return dct(d)+R.choice(['.items()','.keys()','.values()','.get(%s)'%q(R.choice('abcx')),'.get(%s, %s)'%(q(R.choice('abcx')),expr(0)),'.copy()','.pop("a")','.update({})','|items|list','|dictsort','|length'])
def lmeth(d): return R.choice([lst,nums,strs,tup])(d)+R.choice(['.index(%s)'%expr(0),'.count(%s)'%expr(0),'.append(1)','.copy()','.sort()','.pop()'])
SF=['upper','lower','title','capitalize','trim','length','list','first','last','reverse','string','e','wordcount','int','float','safe','tojson','urlencode','striptags','forceescape','center(%d)','truncate(%d)','truncate(%d, true)','indent','indent(2)','indent(1, true)','indent("> ", true, true)','replace("a", "b")','replace("a","b",1)','default("d")','d("x", true)','trim("ax ")','wordwrap(%d)','batch(2)|list','slice(2)|list','join("-")','format(1)','pprint','int(5)','int(0, 16)','float(1.5)','abs','round','count','attr("x")','unique|list','sort|list','filesizeformat','items|list','xmlattr']
LF=['length','list','first','last','reverse|list','join','join(", ")','join("-", attribute="a")','sort','sort(reverse=true)','sort(attribute="a")','sort(case_sensitive=true)','unique|list','min','max','sum','sum(start=1)','sum(attribute="age")','batch(%d)|list','batch(3, "z")|list','slice(%d)|list','slice(3, "z")|list','map("upper")|list','map("string")|list','map("int")|list','map(attribute="a")|list','map(attribute="name")|join(",")','map(attribute="age", default=0)|list','select|list','reject|list','select("odd")|list','select("string")|list','reject("none")|list','select("gt", 1)|list','selectattr("a")|list','selectattr("age", "gt", 5)|list','rejectattr("town")|list','selectattr("role", "eq", "user")|list','groupby("age")','groupby("a")|list','groupby("town", default="q")','tojson','tojson(indent=2)','string','pprint','dictsort','dictsort(by="value")','map("length")|list','map("first")|list','map("default", "q")|list','map("tojson")|list','map("replace","a","b")|list','max(attribute="age")','min(case_sensitive=true)','count','tojson(separators=(",", ":"))','tojson(sort_keys=true)','tojson(ensure_ascii=true)']
NF=['abs','round','round(1)','round(2, "floor")','round(0, "ceil")','int','float','string','tojson','filesizeformat','filesizeformat(true)','default(1)','round(-1)']
def fill(s): return s%R.randint(0,12) if '%d' in s else s
def filt(d): 
    k=R.random()
    if k<.4: return strx(d)+'|'+fill(R.choice(SF))
    if k<.8: return seqx(d)+'|'+fill(R.choice(LF))
    if k<.95: return R.choice([lit_int,lit_float,lambda:'n',lambda:'f',lambda:par(d)])()+'|'+R.choice(NF)
    return par(d)+'|'+fill(R.choice(SF+LF+NF))
T=['defined','undefined','none','string','number','integer','float','boolean','true','false','mapping','sequence','iterable','callable','odd','even','lower','upper','eq 1','ne 2','gt 1','lt 3','ge 2','le 2','in [1, "a"]','in "abc"','divisibleby 2','divisibleby(3)','sameas none','sameas true','escaped','equalto("abc")','filter','test','in x','== 1','not none','not defined','not string','not in [1]']
def test(d): return par(d)+' is '+R.choice(T) if R.random()<.6 else R.choice([lit_str,lit_int,lit_float,lambda:R.choice(NAMES)])()+' is '+R.choice(T)
def fmtp(d):
    f=''.join(R.choice(['%s','%d','%5s','%-5s|','%05d','%.2f','%x','%r','%%','%+d','%e','%g','%5.1f','% d','%c','%o','%X','%.3s','%#x','%i','a','%a','%10.4g','%#o','%(a)s'][:]) for _ in range(R.randint(1,2)))
    return q(f)+' % '+R.choice([lambda:tup(0),lambda:expr(0),lambda:'(%s, %s)'%(R.choice([lit_int,lit_float,lit_str])(),R.choice([lit_int,lit_float,lit_str])()),lambda:'(%s,)'%R.choice([lit_int,lit_float,lit_str])()])()
def fmtb(d):
    spec=R.choice(['','','d','s','>8','<8','^8','08','08.2f','.3f','.2','e','g','x','#x','b',',','_','+','%','*^9','.1%','c','5','=+8d',' ','G','.3g','#b','o','X','n','10.3','010','<05','.0f','+.2e','_x','_b',',d','.3s','^','>','z'])
    f='{'+R.choice(['','0','a'])+R.choice(['','','','!r','!s','!a'])+(':'+spec if spec else '')+'}'
    v=R.choice([lit_int,lit_float,lit_str,lambda:'true',lambda:'none',lambda:'n',lambda:'f',lambda:'[1]'])()
    return q(f)+'.format('+('a='+v if f.startswith('{a') else v)+')'
def misc(d): return R.choice([lambda:'namespace(a=%s).a'%expr(d),lambda:'dict(a=%s)'%expr(d),lambda:'range(%s)|list'%', '.join(lit_int() for _ in range(R.randint(1,3))).replace('1234567','9'),lambda:'cycler(1,2).next()',lambda:'joiner()()',lambda:'[%s, *%s]'%(expr(0),'[1]') if R.random()<.1 else 'dict(%s)'%dct(0),lambda:'strftime_now("%Y")',lambda:'dict.fromkeys(%s)'%seqx(0)])()
def fpar(d): return '('+filt(d)+')'
def concat(d): return ' ~ '.join(R.choice([lit_str,lit_int,lit_float,lambda:R.choice(NAMES),lambda:fpar(d)])() for _ in range(3))
def chain(d): return filt(d)+'|'+fill(R.choice(SF+LF+NF))
EX=[par,lst,tup,dct,binop,nump,rawbin,unop,cond,sub,sl,attr,meth,meth,meth,dmeth,lmeth,filt,filt,filt,filt,test,test,fmtp,fmtb,misc,concat,chain]
WS=['','','','-','-','+']
def tg(s): 
    a=R.choice(WS); b=R.choice(WS)
    return '{%'+a+' '+s+' '+b+'%}'
def pr(s):
    return '{{'+R.choice(['','','-'])+' '+s+' '+R.choice(['','','-'])+'}}'
TX=['a','\n',' \n',' b ','\n  ','c\n','x\n\n',' ','\t\n','<|im|>']
def body(d,inl,n=None): return ''.join(stmt(d,inl) for _ in range(n or R.randint(1,4)))
V=['x','y','z','a','b','n']
def stmt(d,inl=False):
    k=R.random()
    if d<=0 or k<.2: return R.choice(TX)
    if k<.42: return pr(R.choice([lambda:expr(1),lambda:R.choice(V),lambda:R.choice(V),lambda:R.choice(V)+'|default("D")',lambda:'loop.index' if inl else R.choice(V),lambda:R.choice(['loop.last','loop.first','loop.length','loop.revindex','loop.previtem','loop.nextitem','loop.index0','loop.cycle("p","q")','loop.changed(x)','loop.depth']) if inl else R.choice(V), lambda:'m(%s)'%R.choice(['','1','x','1, 2','b=3','1, b=x','x, y, 3']),lambda:'ns.'+R.choice('abx')])())
    d-=1
    if k<.55: return tg('set '+R.choice(V)+' = '+R.choice([lambda:expr(0),lambda:expr(1),lambda:R.choice(V),lambda:R.choice(V)+' ~ "q"'])())
    if k<.58: return tg('set ns.'+R.choice('abx')+' = '+R.choice([lambda:expr(0),lambda:'ns.a ~ "r"'])())
    if k<.60: return tg('set '+R.choice(V)+', '+R.choice(V)+' = '+R.choice([lambda:expr(0)+', '+expr(0),lambda:tup(0),lambda:strs(0)])())
    if k<.63: return tg('set '+R.choice(V)+R.choice(['','|upper',' | trim | length']))+body(d,inl)+tg('endset')
    if k<.75:
        s=tg('if '+expr(1))+body(d,inl)
        while R.random()<.3: s+=tg('elif '+expr(1))+body(d,inl)
        if R.random()<.4: s+=tg('else')+body(d,inl)
        return s+tg('endif')
    if k<.88:
        t=R.choice(['x','y','i','a','x, y','k, v'])
        it=R.choice([lambda:seqx(0),lambda:'range(%d)'%R.randint(0,4),lambda:'words',lambda:'nested.items()' ,lambda:'[(1,2),(3,4)]',lambda:'people'])()
        s=tg('for '+t+' in '+it+(' if '+R.choice([t.split(',')[0],expr(1),t.split(',')[0]+' is string']) if R.random()<.25 else '')+(' recursive' if R.random()<.06 else ''))
        s+=body(d,True)
        if R.random()<.15: s+=tg('if '+R.choice(['loop.index == 2','x == y','loop.last','x']))+tg(R.choice(['break','continue']))+tg('endif')+body(d,True,1)
        if R.random()<.3: s+=tg('else')+body(d,inl)
        return s+tg('endfor')
    if k<.92:
        return tg('macro m(%s)'%R.choice(['','a','a, b=2','a=x, b=y','x','y=1']))+body(d,False)+(R.choice(['{{ caller() }}','{{ varargs }}','{{ kwargs }}','{% if caller %}{{ caller("c") }}{% endif %}']) if R.random()<.3 else '')+tg('endmacro')
    if k<.94: return tg('call%s m(%s)'%(R.choice(['','(x)','(a, y=3)']),R.choice(['','1'])))+body(d,False)+tg('endcall')
    if k<.96: return tg('filter '+R.choice(['upper','trim','replace("a","b")','indent(2)|upper','length']))+body(d,inl)+tg('endfilter')
    if k<.98: return tg('with '+R.choice(['x = 1','x = y, y = x','a = n','']))+body(d,inl)+tg('endwith')
    if k<.985: return tg('generation')+body(d,False)+tg('endgeneration')
    if k<.99: return '{#'+R.choice(WS)+' c\n '+R.choice(WS)+'#}'
    return tg('raw')+R.choice(['{{ x }}',' a ','{% if %}'])+tg('endraw')
def template(kind):
    if kind==0: return pr(expr(R.randint(1,2)))
    pre='{% set ns = namespace(a=1, b="t") %}'
    return pre+body(R.randint(1,3),False,R.randint(2,6))
def mutate(s):
    s=list(s)
    for _ in range(R.randint(1,3)):
        i=R.randrange(len(s)+1)
        k=R.random()
        if k<.4 and s: del s[min(i,len(s)-1)]
        elif k<.8: s.insert(i,R.choice("{}%#|()[]'\"-+.,:~ =\\ainot0159\n"))
        elif s: s[min(i,len(s)-1)]=R.choice("{}%#|()[]'\"-+.,:~ =a1")
    return ''.join(s)
